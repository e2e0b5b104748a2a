import type { Frames } from '../contracts/index.js';

type Pixels = Pick<Frames, 'width' | 'height' | 'data'>;

/** Frames in the middle of squares of one colour, 0..255 (LLaVA's expand2square; an odd pixel goes below or to the right). */
export function padFrames({ width, height, data }: Pixels, colour: readonly [number, number, number]): Pixels {
  if (width === height) return { width, height, data };
  const side = Math.max(width, height);
  const count = data.length / (width * height * 3);
  const padded = new Uint8Array(count * side * side * 3);
  for (let at = 0; at < side * 3; at += 3) padded.set(colour, at);
  for (let row = 1; row < count * side; row++) padded.copyWithin(row * side * 3, 0, side * 3);
  const left = Math.floor((side - width) / 2);
  const top = Math.floor((side - height) / 2);
  for (let i = 0; i < count; i++) {
    for (let y = 0; y < height; y++) {
      const from = (i * height + y) * width * 3;
      padded.set(data.subarray(from, from + width * 3), ((i * side + top + y) * side + left) * 3);
    }
  }
  return { width: side, height: side, data: padded };
}
