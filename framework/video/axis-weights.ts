import type { ImageFilter } from '../contracts/index.js';

/**
 * Weights of one axis of a separable resize: output sample i is the sum of `taps` source samples from `first[i]` on. Weights are fixed point
 * with 22 bits, as in Pillow's `Image.resize` (11.3, Resample.c), so that results are equal to Pillow's to the bit.
 */
export interface AxisWeights {
  taps: number;
  first: Int32Array;
  /** [length, taps]. */
  weights: Int32Array;
}

export const PRECISION = 22;

/** A kernel and how far it reaches to either side, in source samples. */
const kernels: Readonly<Record<ImageFilter, { support: number; at: (x: number) => number }>> = {
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys, 1981, with a = -0.5.
  bicubic: {
    support: 2,
    at: (signed) => {
      const x = Math.abs(signed);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** Where output samples lie on a source axis. */
export interface AxisMap {
  /** Source samples. */
  size: number;
  /** `length` output samples lie evenly on [start, end) of the source. */
  start: number;
  end: number;
  length: number;
  /** The output samples that are wanted, from `from` on; what is not within 0..length-1 comes out black. Default: all. */
  from?: number;
  count?: number;
  /** `nothing`: what lies beyond the source adds nothing, so samples there get black; `renormalise`: only the source counts (Pillow's way). */
  outside: 'nothing' | 'renormalise';
}

/** The kernel is stretched by the scale where that is larger than 1, against aliasing. */
export function axisWeights(filter: ImageFilter, { size, start, end, length, from = 0, count = length, outside }: AxisMap): AxisWeights {
  const { at, support: reach } = kernels[filter];
  const scale = (end - start) / length;
  const stretch = Math.max(1, scale);
  const support = reach * stretch;
  const taps = Math.min(size, 2 * Math.ceil(support) + 1);
  const first = new Int32Array(count);
  const weights = new Int32Array(count * taps);
  const row = new Float64Array(2 * Math.ceil(support) + 2);
  for (let i = 0; i < count; i++) {
    const sample = from + i;
    if (sample < 0 || sample >= length) continue;
    const centre = start + (sample + 0.5) * scale;
    let low = Math.floor(centre - support + 0.5);
    let high = Math.floor(centre + support + 0.5);
    if (outside === 'renormalise') [low, high] = [Math.max(low, 0), Math.min(high, size)];
    let sum = 0;
    for (let x = low; x < high; x++) sum += row[x - low] = at((x - centre + 0.5) * (1 / stretch));
    const begin = Math.min(Math.max(low, 0), size - taps);
    first[i] = begin;
    for (let x = Math.max(low, 0); x < Math.min(high, size); x++) {
      const exact = (row[x - low]! / sum) * (1 << PRECISION);
      weights[i * taps + x - begin] = Math.trunc(exact + (exact < 0 ? -0.5 : 0.5));
    }
  }
  return { taps, first, weights };
}
