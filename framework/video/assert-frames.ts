import type { Frames } from '../contracts/index.js';
import { Fault } from '../faults/index.js';

/** @throws Fault TENSOR_SHAPE where the frames' data does not have the size they say */
export function assertFrames({ width, height, data, times }: Frames): void {
  const expected = times.length * height * width * 3;
  if (data.length === expected) return;
  throw new Fault('TENSOR_SHAPE', `${times.length} frames of ${width}x${height} have ${data.length} bytes`, {
    expected: `${expected} bytes`,
  });
}
