import type { Box, Frames, ImageFilter } from '../contracts/index.js';
import { axisWeights } from './axis-weights.js';
import { resample, resampleScratch } from './resample.js';

export interface CropOptions {
  /** Half a crop's side as a multiple of half the box's larger side: 1 is the box itself, 1.5 shows half a face around it. */
  margin: number;
  /** Side of a crop, pixels. */
  size: number;
  /** Default: bilinear. */
  filter?: ImageFilter;
}

/**
 * The square around a box's centre, one a frame, as [count, size, size, 3] RGB uint8 in one piece; antialiased. What lies outside of the frame is
 * black, and so is the whole crop where there is no box. `boxes` has as many entries as there are frames, in pixels of the frames.
 */
export function cropSquares(
  frames: Frames,
  boxes: readonly (Box | null)[],
  { margin, size, filter = 'bilinear' }: CropOptions,
): Uint8Array {
  const { width, height, data } = frames;
  const bytes = width * height * 3;
  const target = new Uint8ClampedArray(boxes.length * size * size * 3);
  const scratch = resampleScratch(height, size);
  boxes.forEach((box, i) => {
    if (!box) return;
    const half = (Math.max(box.width, box.height) / 2) * margin;
    const x = box.x + box.width / 2;
    const y = box.y + box.height / 2;
    if (!(half > 0) || x + half <= 0 || y + half <= 0 || x - half >= width || y - half >= height) return;
    const axis = (samples: number, centre: number) =>
      axisWeights(filter, { size: samples, start: centre - half, end: centre + half, length: size, outside: 'nothing' });
    const source = data.subarray(i * bytes, (i + 1) * bytes);
    resample(source, width, { across: axis(width, x), down: axis(height, y) }, target, i * size * size * 3, scratch);
  });
  return new Uint8Array(target.buffer);
}
