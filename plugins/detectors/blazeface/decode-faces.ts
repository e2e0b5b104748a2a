import type { Detection } from 'mienlab/contracts';
import { keepFaces, type FaceLimits } from 'mienlab/video';
import type { Letterbox } from './letterbox.js';

/** Grids of anchors: pixels of the image per cell, anchors in a cell. An anchor is its cell's centre. */
const grids = [
  { stride: 16, perCell: 2 },
  { stride: 32, perCell: 6 },
] as const;

/** Numbers per anchor: centre x, y, width, height, then 6 key points x, y; all in pixels of the image, positions from the anchor. */
const fields = 16;

/** Raw outputs of the network for a batch: one score logit and 16 numbers per anchor, of both grids. */
export interface RawOutputs {
  /** [batch, height / 16, width / 16, 2] and [batch, height / 32, width / 32, 6]. */
  scores: readonly [Float32Array, Float32Array];
  /** The same with 16 numbers for each score. */
  boxes: readonly [Float32Array, Float32Array];
}

/** How the images of the batch were made of frames. */
export type Fit = Pick<Letterbox, 'width' | 'height' | 'scale'>;

/** All faces of one image above the least score, in no order yet. */
function candidates(
  { scores, boxes }: RawOutputs,
  image: number,
  { width, height, scale: [scaleX, scaleY] }: Fit,
  minScore: number,
): Detection[] {
  const minLogit = Math.log(minScore / (1 - minScore));
  const found: Detection[] = [];
  grids.forEach(({ stride, perCell }, grid) => {
    const columns = width / stride;
    const anchors = columns * (height / stride) * perCell;
    const logits = scores[grid]!;
    const numbers = boxes[grid]!;
    for (let anchor = 0; anchor < anchors; anchor++) {
      const logit = logits[image * anchors + anchor]!;
      if (!(logit >= minLogit)) continue;
      const cell = Math.floor(anchor / perCell);
      const anchorX = ((cell % columns) + 0.5) * stride;
      const anchorY = (Math.floor(cell / columns) + 0.5) * stride;
      const at = (image * anchors + anchor) * fields;
      const x = (i: number) => (numbers[at + i]! + anchorX) * scaleX;
      const y = (i: number) => (numbers[at + i]! + anchorY) * scaleY;
      const [boxWidth, boxHeight] = [numbers[at + 2]! * scaleX, numbers[at + 3]! * scaleY];
      const landmarks = Array.from({ length: 6 }, (_, point) => [x(4 + 2 * point), y(5 + 2 * point)] as const);
      found.push({
        box: { x: x(0) - boxWidth / 2, y: y(1) - boxHeight / 2, width: boxWidth, height: boxHeight },
        score: 1 / (1 + Math.exp(-logit)),
        landmarks,
      });
    }
  });
  return found;
}

/**
 * The faces of one image of a batch, highest score first, in pixels of the frame (anchors and decoding of MediaPipe's BlazeFace back model:
 * for a square 16x16x2 and 8x8x6 anchors, all of size 1; the score is the sigmoid of the logit).
 */
export function decodeFaces(raw: RawOutputs, image: number, fit: Fit, limits: FaceLimits): Detection[] {
  return keepFaces(candidates(raw, image, fit, limits.minScore), limits);
}
