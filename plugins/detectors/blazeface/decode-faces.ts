import type { Detection } from 'mienlab/contracts';
import { boxIou } from 'mienlab/video';
import { side } from './letterbox.js';

/** Grids of anchors, cells along a side and anchors in a cell; an anchor is its cell's centre. The first two outputs are of the first grid. */
const grids = [
  { cells: 16, perCell: 2 },
  { cells: 8, perCell: 6 },
] as const;

/** Numbers per anchor: centre x, y, width, height, then 6 key points x, y; all in pixels of the square, positions from the anchor. */
const fields = 16;

/** Raw outputs of the network for a batch: one score logit and 16 numbers per anchor, of both grids. */
export interface RawOutputs {
  /** [batch, 512] and [batch, 384]. */
  scores: readonly [Float32Array, Float32Array];
  /** [batch, 512, 16] and [batch, 384, 16]. */
  boxes: readonly [Float32Array, Float32Array];
}

export interface Keep {
  /** 0..1. */
  minScore: number;
  /** Intersection over union, 0..1. */
  iouThreshold: number;
  maxFaces: number;
  /** Pixels of the frame. */
  minSize: number;
}

/** All faces of one image above the least score, in no order yet. `scale` turns positions 0..1 in the square into pixels of the frame. */
function candidates({ scores, boxes }: RawOutputs, image: number, scale: readonly [number, number], minScore: number): Detection[] {
  const [scaleX, scaleY] = scale;
  const minLogit = Math.log(minScore / (1 - minScore));
  const found: Detection[] = [];
  grids.forEach(({ cells, perCell }, grid) => {
    const anchors = cells * cells * perCell;
    const logits = scores[grid]!;
    const numbers = boxes[grid]!;
    for (let anchor = 0; anchor < anchors; anchor++) {
      const logit = logits[image * anchors + anchor]!;
      if (!(logit >= minLogit)) continue;
      const cell = Math.floor(anchor / perCell);
      const anchorX = ((cell % cells) + 0.5) / cells;
      const anchorY = (Math.floor(cell / cells) + 0.5) / cells;
      const at = (image * anchors + anchor) * fields;
      const x = (i: number) => (numbers[at + i]! / side + anchorX) * scaleX;
      const y = (i: number) => (numbers[at + i]! / side + anchorY) * scaleY;
      const width = (numbers[at + 2]! / side) * scaleX;
      const height = (numbers[at + 3]! / side) * scaleY;
      const landmarks = Array.from({ length: 6 }, (_, point) => [x(4 + 2 * point), y(5 + 2 * point)] as const);
      found.push({ box: { x: x(0) - width / 2, y: y(1) - height / 2, width, height }, score: 1 / (1 + Math.exp(-logit)), landmarks });
    }
  });
  return found;
}

/** Greedy non-maximum suppression: of boxes that overlap more than `threshold`, the one with the highest score stays. Highest score first. */
export function suppress(found: readonly Detection[], threshold: number, most: number): Detection[] {
  const kept: Detection[] = [];
  for (const one of [...found].sort((a, b) => b.score - a.score)) {
    if (kept.length === most) break;
    if (kept.every((other) => boxIou(one.box, other.box) <= threshold)) kept.push(one);
  }
  return kept;
}

/**
 * The faces of one image of a batch, highest score first, in pixels of the frame (anchors and decoding of MediaPipe's BlazeFace back
 * model: 16x16x2 and 8x8x6 anchors of size 1, reverse sigmoid score).
 */
export function decodeFaces(raw: RawOutputs, image: number, scale: readonly [number, number], keep: Keep): Detection[] {
  const large = candidates(raw, image, scale, keep.minScore).filter(
    ({ box }) => box.width > 0 && box.height > 0 && Math.min(box.width, box.height) >= keep.minSize,
  );
  return suppress(large, keep.iouThreshold, keep.maxFaces);
}
