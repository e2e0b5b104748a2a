import type { Port } from '../contracts/index.js';
import type { BlobStore } from './blob-store.js';

/** Numbers of one clip after another: a blob for each clip, in a batch all behind each other. */
export interface ClipArray {
  blobs: BlobStore;
  /** Of one clip. */
  shape: readonly number[];
  type: 'uint8' | 'float16' | 'float32';
}

/** [time, height, width, 3] of a port of frames or faces. */
export function pixelShape({ dims }: Port): number[] {
  const { count, height, width } = dims as { count: number; height: number; width: number };
  return [count, height, width, 3];
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
