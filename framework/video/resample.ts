import { PRECISION, type AxisWeights } from './axis-weights.js';

const half = 1 << (PRECISION - 1);

/** What `resample` writes between its passes; one serves all images of a size. */
export interface ResampleScratch {
  /** Rows after the horizontal pass; the type rounds nothing and clips to 0..255, as Pillow does. */
  rows: Uint8ClampedArray;
  sums: Int32Array;
}

/** Room for images of `sourceHeight` rows that come out `width` wide. */
export function resampleScratch(sourceHeight: number, width: number): ResampleScratch {
  return { rows: new Uint8ClampedArray(sourceHeight * width * 3), sums: new Int32Array(width * 3) };
}

/** Applies both axes to one RGB image, horizontal first, rounded and clipped to uint8 between. Writes [height, width, 3] to `target` from `offset` on. */
export function resample(
  source: Uint8Array,
  sourceWidth: number,
  { across, down }: { across: AxisWeights; down: AxisWeights },
  target: Uint8ClampedArray,
  offset: number,
  { rows, sums }: ResampleScratch,
): void {
  const width = across.first.length;
  const height = down.first.length;
  const row = width * 3;
  let top = Infinity;
  let bottom = 0;
  for (const first of down.first) {
    top = Math.min(top, first);
    bottom = Math.max(bottom, first + down.taps);
  }
  const { taps, first, weights } = across;
  for (let y = top; y < bottom; y++) {
    let out = (y - top) * row;
    for (let x = 0, k = 0; x < width; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let at = (y * sourceWidth + first[x]!) * 3;
      for (const stop = k + taps; k < stop; k++) {
        const weight = weights[k]!;
        red = (red + Math.imul(source[at]!, weight)) | 0;
        green = (green + Math.imul(source[at + 1]!, weight)) | 0;
        blue = (blue + Math.imul(source[at + 2]!, weight)) | 0;
        at += 3;
      }
      rows[out] = red >> PRECISION;
      rows[out + 1] = green >> PRECISION;
      rows[out + 2] = blue >> PRECISION;
      out += 3;
    }
  }
  for (let y = 0; y < height; y++) {
    sums.fill(half);
    for (let k = 0; k < down.taps; k++) {
      const weight = down.weights[y * down.taps + k]!;
      if (weight === 0) continue;
      const from = (down.first[y]! - top + k) * row;
      for (let x = 0; x < row; x++) sums[x] = (sums[x]! + Math.imul(rows[from + x]!, weight)) | 0;
    }
    const to = offset + y * row;
    for (let x = 0; x < row; x++) target[to + x] = sums[x]! >> PRECISION;
  }
}
