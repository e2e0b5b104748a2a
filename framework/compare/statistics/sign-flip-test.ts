import type { Random } from '../../contracts/index.js';

export interface SignFlipResult {
  /** Two-sided p of "no difference". */
  p: number;
  /** True where every one of the 2^n sign flips was counted. */
  exact: boolean;
  /** Sign flips looked at, the observed one included. */
  flips: number;
}

/** Up to so many differences all sign flips are counted. */
const exactUpTo = 14;

/**
 * The paired permutation test (R. A. Fisher, "The Design of Experiments", 1935): how often flipping signs of the differences at random makes
 * |their sum| at least as large as it is. All flips for up to 14 differences, else `resamples` random ones with the observed one added:
 * p = (1 + hits) / (1 + resamples). Sums that differ by rounding count as equal.
 */
export function signFlipTest(differences: readonly number[], resamples: number, random: Random): SignFlipResult {
  const n = differences.length;
  const size = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  const least = Math.abs(differences.reduce((sum, difference) => sum + difference, 0)) - 1e-12 * Math.max(size, Number.MIN_VALUE);
  let hits = 0;
  if (n <= exactUpTo) {
    for (let signs = 0; signs < 2 ** n; signs++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (signs >> i) & 1 ? -differences[i]! : differences[i]!;
      if (Math.abs(sum) >= least) hits++;
    }
    return { p: hits / 2 ** n, exact: true, flips: 2 ** n };
  }
  const values = Float64Array.from(differences);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let from = 0; from < n; from += 32) {
      let bits = Math.floor(random.next() * 2 ** 32) | 0;
      for (let i = from, to = Math.min(n, from + 32); i < to; i++, bits >>>= 1) sum += bits & 1 ? -values[i]! : values[i]!;
    }
    if (Math.abs(sum) >= least) hits++;
  }
  return { p: (1 + hits) / (1 + resamples), exact: false, flips: 1 + resamples };
}
