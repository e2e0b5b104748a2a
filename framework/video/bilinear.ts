/**
 * Weights of one axis of a separable resize: output sample i is the sum of `taps` source samples from `first[i]` on. Weights are fixed point
 * with 22 bits, as in Pillow's `Image.resize`, so that results are equal to Pillow's to the bit.
 */
interface AxisWeights {
  taps: number;
  first: Int32Array;
  /** [length, taps]. */
  weights: Int32Array;
}

const PRECISION = 22;

/**
 * Bilinear with antialiasing: the triangle is as wide as a source pixel, or as an output pixel where that is larger. Maps `length` output samples
 * to [start, end) of a source axis of `size` samples. With `outside` equal to `nothing` what lies beyond the source adds nothing, so samples there
 * get black; with `renormalise` only the source counts (Pillow's way).
 */
export function bilinearWeights(size: number, start: number, end: number, length: number, outside: 'nothing' | 'renormalise'): AxisWeights {
  const scale = (end - start) / length;
  const support = Math.max(1, scale);
  // The triangle is open at both ends, so it never reaches more than this many sample centres.
  const taps = Math.min(size, Math.ceil(2 * support));
  const first = new Int32Array(length);
  const weights = new Int32Array(length * taps);
  const row = new Float64Array(Math.ceil(2 * support));
  for (let i = 0; i < length; i++) {
    const centre = start + (i + 0.5) * scale;
    const low = Math.floor(centre - support - 0.5) + 1;
    const high = Math.ceil(centre + support - 0.5);
    let sum = 0;
    for (let x = low; x < high; x++) {
      const counts = outside === 'nothing' || (x >= 0 && x < size);
      row[x - low] = counts ? 1 - Math.abs(x + 0.5 - centre) / support : 0;
      sum += row[x - low]!;
    }
    const begin = Math.min(Math.max(low, 0), size - taps);
    first[i] = begin;
    for (let x = Math.max(low, 0); x < Math.min(high, size); x++) {
      weights[i * taps + x - begin] = Math.round((row[x - low]! / sum) * (1 << PRECISION));
    }
  }
  return { taps, first, weights };
}

/**
 * Applies both axes to one RGB image, horizontal first, rounding to uint8 between. `scratch` holds at least (rows of the source used) x width x 3.
 */
export function applyWeights(
  source: Uint8Array,
  sourceWidth: number,
  across: AxisWeights,
  down: AxisWeights,
  target: Uint8Array,
  targetOffset: number,
  scratch: Uint8Array,
): void {
  const width = across.first.length;
  const height = down.first.length;
  const half = 1 << (PRECISION - 1);
  const top = down.first.reduce((least, row) => Math.min(least, row), Infinity);
  const bottom = down.first.reduce((most, row) => Math.max(most, row), 0) + down.taps;
  const row = width * 3;
  const { taps, first, weights } = across;
  for (let y = top; y < bottom; y++) {
    let out = (y - top) * row;
    for (let x = 0; x < width; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let at = (y * sourceWidth + first[x]!) * 3;
      for (let k = x * taps; k < (x + 1) * taps; k++) {
        const weight = weights[k]!;
        red += source[at]! * weight;
        green += source[at + 1]! * weight;
        blue += source[at + 2]! * weight;
        at += 3;
      }
      scratch[out] = red >> PRECISION;
      scratch[out + 1] = green >> PRECISION;
      scratch[out + 2] = blue >> PRECISION;
      out += 3;
    }
  }
  for (let y = 0; y < height; y++) {
    const from = (down.first[y]! - top) * row;
    for (let x = 0; x < row; x++) {
      let sum = half;
      let at = from + x;
      for (let k = y * down.taps; k < (y + 1) * down.taps; k++) {
        sum += scratch[at]! * down.weights[k]!;
        at += row;
      }
      target[targetOffset + y * row + x] = sum >> PRECISION;
    }
  }
}
