import type { Random } from '../../contracts/index.js';

/** A value over clips given by position, with repeats. */
export type Statistic = (positions: Int32Array) => number;

/** Differences closer to zero than this count as none: sums of the same numbers in another order differ by about as much. */
const zero = 1e-12;

/**
 * Values of several statistics over the same bootstrap resamples of `n` clips (Efron 1979): each resample draws n positions from
 * 0..n-1 with replacement, and every statistic sees the same draw, which makes their differences paired ones. With `clusters`, positions that
 * belong together (clips of one person, say), whole clusters are drawn, as many as there are (Davison and Hinkley 1997, section 3.8).
 */
export function replicates(
  statistics: readonly Statistic[],
  n: number,
  resamples: number,
  random: Random,
  clusters?: readonly (readonly number[])[],
): Float64Array[] {
  const values = statistics.map(() => new Float64Array(resamples));
  const largest = clusters ? Math.max(0, ...clusters.map((cluster) => cluster.length)) : 1;
  const room = new Int32Array(clusters ? clusters.length * largest : n);
  for (let resample = 0; resample < resamples; resample++) {
    let count = clusters ? 0 : n;
    if (!clusters) for (let i = 0; i < n; i++) room[i] = random.integer(n);
    else {
      for (let drawn = 0; drawn < clusters.length; drawn++) {
        for (const position of clusters[random.integer(clusters.length)]!) room[count++] = position;
      }
    }
    const positions = clusters ? room.subarray(0, count) : room;
    for (let s = 0; s < statistics.length; s++) values[s]![resample] = statistics[s]!(positions);
  }
  return values;
}

/**
 * The percentile interval of bootstrap values (Efron and Tibshirani 1993, section 13.3), quantiles interpolated linearly (type 7 of
 * Hyndman and Fan 1996). Values that are not finite are left out; null where none is left.
 */
export function percentileInterval(values: Float64Array, level = 0.95): [number, number] | null {
  const sorted = values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return null;
  const quantile = (share: number) => {
    const at = share * (sorted.length - 1);
    const below = sorted[Math.floor(at)]!;
    return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below);
  };
  return [quantile((1 - level) / 2), quantile((1 + level) / 2)];
}

/**
 * Two-sided bootstrap p-value of "no difference" from the bootstrap values of a paired difference: twice the smaller share of values
 * on one side of zero, zero itself counted on both, the observed sample counted once: min(1, 2 (1 + min(#<=0, #>=0)) / (1 + B)).
 * It answers as the percentile interval does: p < .05 about where the 95 % interval leaves zero out. Never below 2 / (1 + B).
 */
export function twoSidedP(differences: Float64Array): number {
  let finite = 0;
  let notAbove = 0;
  let notBelow = 0;
  for (const difference of differences) {
    if (!Number.isFinite(difference)) continue;
    finite++;
    if (difference <= zero) notAbove++;
    if (difference >= -zero) notBelow++;
  }
  return Math.min(1, (2 * (1 + Math.min(notAbove, notBelow))) / (1 + finite));
}
