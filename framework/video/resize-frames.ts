import type { Frames, ImageSize } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { axisWeights, type AxisWeights } from './axis-weights.js';
import { padFrames } from './pad-frames.js';
import { resample, resampleScratch } from './resample.js';

type Pixels = Pick<Frames, 'width' | 'height' | 'data'>;

/**
 * Brings every frame to a size; equal to Pillow 11's `resize` with the same filter to the bit, and to the image processors of transformers that
 * use it. RGB, uint8, [count, height, width, 3]. Answers with the same frames where they are as wanted already.
 * Throws Fault CONFIG_VALUE where frames shall be padded to a square and the size is none.
 */
export function resizeFrames(frames: Pixels, size: ImageSize): Uint8Array {
  const { fit = 'stretch', filter = 'bilinear', width, height } = size;
  if (fit !== 'stretch' && 'pad' in fit) {
    if (width !== height)
      throw new Fault('CONFIG_VALUE', `a square cannot be brought to ${width} x ${height} pixels`, { expected: 'a square' });
    return resizeFrames(padFrames(frames, fit.pad), { width, height, filter });
  }
  const scaled = fit === 'stretch' ? { width, height } : shortestEdge(frames, fit.shortestEdge);
  if (frames.width === width && frames.height === height && scaled.width === width && scaled.height === height) return frames.data;
  const axis = (side: 'width' | 'height'): AxisWeights => {
    const source = frames[side];
    const map = { size: source, start: 0, end: source, length: scaled[side], outside: 'renormalise' } as const;
    return axisWeights(filter, { ...map, from: cropStart(scaled[side], size[side]), count: size[side] });
  };
  const axes = { across: axis('width'), down: axis('height') };
  const sourceBytes = frames.width * frames.height * 3;
  const targetBytes = width * height * 3;
  const count = frames.data.length / sourceBytes;
  const scratch = resampleScratch(frames.height, width);
  const target = new Uint8ClampedArray(count * targetBytes);
  for (let i = 0; i < count; i++) {
    const source = frames.data.subarray(i * sourceBytes, (i + 1) * sourceBytes);
    resample(source, frames.width, axes, target, i * targetBytes, scratch);
  }
  return new Uint8Array(target.buffer);
}

/** Sides after the shorter one was scaled to `edge` (transformers' get_resize_output_image_size, which cuts the longer one down to whole pixels). */
function shortestEdge({ width, height }: Pixels, edge: number): { width: number; height: number } {
  const [short, long] = width <= height ? [width, height] : [height, width];
  const longer = Math.trunc((edge * long) / short);
  return width <= height ? { width: edge, height: longer } : { width: longer, height: edge };
}

/** Where a centred cut of `wanted` samples begins; below 0 where it is larger (transformers' center_crop). */
function cropStart(length: number, wanted: number): number {
  return Math.floor((length - wanted) / 2);
}
