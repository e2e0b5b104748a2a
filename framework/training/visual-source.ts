import type { Tensor, Tensor5D } from '@tensorflow/tfjs';
import type { HostArray, HostBatch, VisualInput } from '../contracts/index.js';

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

/** The clips at these indices, bytes [clip, time, height, width, 3]: `frames`, and `faces` where the source has them. */
export function visualBatch({ frames, faces }: VisualSource, indices: readonly number[]): HostBatch {
  return { frames: pixels(frames, indices), ...(faces && { faces: pixels(faces, indices) }) };
}

/** A visual batch's tensors as an encoder takes them. */
export function visualInput({ frames, faces }: Readonly<Record<string, Tensor>>): VisualInput {
  return { frames: frames as Tensor5D, faces: (faces as Tensor5D | undefined) ?? null };
}

function pixels({ data, time, height, width }: PixelBlock, indices: readonly number[]): HostArray {
  const size = time * height * width * 3;
  const bytes = new Uint8Array(indices.length * size);
  indices.forEach((index, i) => bytes.set(data.subarray(index * size, (index + 1) * size), i * size));
  return { data: bytes, shape: [indices.length, time, height, width, 3] };
}
