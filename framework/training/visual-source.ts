import type { Tensor5D } from '@tensorflow/tfjs';
import type { VisualInput } from '../contracts/index.js';
import { fromBytes } from '../tensor/index.js';

/** Pixels of many clips as bytes, RGB: all that encoders see of them. */
export interface VisualSource {
  /** Clips. */
  count: number;
  frames: PixelBlock;
  /** The principal face's crops, black where there is none; null for a run without faces. */
  faces: PixelBlock | null;
}

/** [clip, time, height, width, 3] in one piece. */
export interface PixelBlock {
  data: Uint8Array;
  time: number;
  height: number;
  width: number;
}

/** The clips at these indices as an encoder takes them; the caller frees the tensors. */
export function visualBatch(source: VisualSource, indices: readonly number[]): VisualInput {
  return { frames: pixels(source.frames, indices), faces: source.faces && pixels(source.faces, indices) };
}

function pixels({ data, time, height, width }: PixelBlock, indices: readonly number[]): Tensor5D {
  const size = time * height * width * 3;
  const bytes = new Uint8Array(indices.length * size);
  indices.forEach((index, i) => bytes.set(data.subarray(index * size, (index + 1) * size), i * size));
  return fromBytes(bytes, [indices.length, time, height, width, 3]) as Tensor5D;
}
