/**
 * What passes between two plugins: a type and named dimensions. A dimension is a number, or null where it is known only at run time.
 * Types in use: `clips`, `frames` {count, height, width}, `detections`, `tracks` {principal: 1 where there is a principal face, else 0},
 * `visual-tokens` {time, frame-tokens, face-tokens, width}, `embeddings` {tokens, face-tokens (those of `tokens` that show the principal face, where known), hidden}, `captions`.
 */
export interface Port {
  type: string;
  dims: Readonly<Record<string, number | null>>;
}
