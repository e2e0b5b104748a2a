import type { Frames } from '../contracts/index.js';
import { applyWeights, bilinearWeights } from './bilinear.js';

/**
 * Scales every frame to `size`, whatever its shape, bilinear with antialiasing; equal to Pillow 11's `resize(BILINEAR)` to the bit. RGB, uint8,
 * [count, height, width, 3]. Answers with the same frames where the size is theirs already.
 */
export function resizeFrames(frames: Pick<Frames, 'width' | 'height' | 'data'>, size: { width: number; height: number }): Uint8Array {
  if (frames.width === size.width && frames.height === size.height) return frames.data;
  const sourceBytes = frames.width * frames.height * 3;
  const targetBytes = size.width * size.height * 3;
  const count = frames.data.length / sourceBytes;
  const across = bilinearWeights(frames.width, 0, frames.width, size.width, 'renormalise');
  const down = bilinearWeights(frames.height, 0, frames.height, size.height, 'renormalise');
  const scratch = new Uint8Array(frames.height * size.width * 3);
  const target = new Uint8Array(count * targetBytes);
  for (let i = 0; i < count; i++) {
    const source = frames.data.subarray(i * sourceBytes, (i + 1) * sourceBytes);
    applyWeights(source, frames.width, across, down, target, i * targetBytes, scratch);
  }
  return target;
}
