import type { Box } from '../contracts/index.js';

/** Square pixels; 0 for a box without width or height. */
export function boxArea(box: Box): number {
  return Math.max(0, box.width) * Math.max(0, box.height);
}

/** The middle [x, y], pixels. */
export function boxCentre(box: Box): [number, number] {
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** Intersection over union (Jaccard index), 0..1; 0 where both are empty. */
export function boxIou(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (boxArea(a) + boxArea(b) - shared);
}

/** The box between two boxes; `share` 0 gives `a`, 1 gives `b`. */
export function boxBetween(a: Box, b: Box, share: number): Box {
  const mix = (from: number, to: number) => from + (to - from) * share;
  return { x: mix(a.x, b.x), y: mix(a.y, b.y), width: mix(a.width, b.width), height: mix(a.height, b.height) };
}

/** A box in pixels of a picture `by` times as large; null stays null. */
export const scaleBox = (box: Box | null, by: number): Box | null =>
  box && { x: box.x * by, y: box.y * by, width: box.width * by, height: box.height * by };
