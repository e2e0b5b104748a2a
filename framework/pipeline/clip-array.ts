import type { Port } from '../contracts/index.js';
import { BlobStore } from './blob-store.js';

/** Numbers of clips, a blob for each by its digest. Plain data: another process may read them too. */
export interface ClipArray {
  folder: string;
  /** Of one clip. */
  shape: readonly number[];
  type: 'uint8' | 'float16' | 'float32';
}

/** [time, height, width, 3] of a port of frames or faces. */
export function pixelShape({ dims }: Port): number[] {
  const { count, height, width } = dims as { count: number; height: number; width: number };
  return [count, height, width, 3];
}

const bytesOf = { uint8: 1, float16: 2, float32: 4 } as const;

export function blobsOf({ folder, shape, type }: ClipArray): BlobStore {
  return new BlobStore(folder, bytesOf[type] * sizeOf(shape));
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
