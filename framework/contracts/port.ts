/** In which order the embeddings of frames and of faces stand before the text; `interleaved`: those of a time step together. */
export type TokenOrder = 'frames-first' | 'faces-first' | 'interleaved';

/**
 * What passes between two plugins: a type and named dimensions. A dimension is a number, or null where it is known only at run time.
 * Types in use:
 * - `clips`; `frames` {count, height, width}; `detections`; `tracks` {principal: 1 where there is a principal face, else 0}; `captions`
 * - `visual-tokens` {time, frame-tokens, face-tokens, width; face-time and face-width where they are not the frames'; frame-rows and
 *   face-rows: rows of the grid that the tokens of an image lie in, where they do and it is not square; separators: 1 where a learned vector
 *   is to stand before each run of frame embeddings and of face embeddings}
 * - `embeddings` {tokens: all of them; face-tokens: those that show the principal face, and separators, where known; hidden}
 */
export interface Port {
  type: string;
  dims: Readonly<Record<string, number | null>>;
  /** Of visual tokens: how a projector orders what it makes of them. Default: frames-first. */
  order?: TokenOrder;
}
