import type { Detection } from '../contracts/index.js';
import { boxIou } from './box.js';

/** Which of the faces that a detector sees in a frame it gives. */
export interface FaceLimits {
  /** Least score, 0..1. */
  minScore: number;
  /** Of two boxes that overlap more than this (intersection over union, 0..1) the one with the lower score goes. */
  iouThreshold: number;
  maxFaces: number;
  /** Least width and height, pixels of the frame. */
  minSize: number;
  /** Largest width and height, pixels of the frame; 0 for any. */
  maxSize: number;
}

/** Those within the limits, highest score first, after greedy non-maximum suppression: of boxes that overlap, the best stays. */
export function keepFaces(found: readonly Detection[], { minScore, iouThreshold, maxFaces, minSize, maxSize }: FaceLimits): Detection[] {
  const within = found.filter(({ box: { width, height }, score }) => {
    const sound = width > 0 && height > 0;
    return sound && score >= minScore && Math.min(width, height) >= minSize && (maxSize === 0 || Math.max(width, height) <= maxSize);
  });
  const kept: Detection[] = [];
  for (const one of within.sort((a, b) => b.score - a.score)) {
    if (kept.length === maxFaces) break;
    if (kept.every((other) => boxIou(one.box, other.box) <= iouThreshold)) kept.push(one);
  }
  return kept;
}
