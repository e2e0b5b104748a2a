import type { Random, Score } from '../../contracts/index.js';
import { percentileInterval, replicates, twoSidedP } from './bootstrap.js';
import { type ClipSeries, clipSeries, restricted, sharedClips, valueOver } from './clip-series.js';
import { signFlipTest } from './sign-flip-test.js';
import { wilcoxon } from './wilcoxon.js';

export interface ResamplingOptions {
  random: Random;
  resamples: number;
  /** Of every clip the number of its cluster: clips of one cluster are drawn, and flip sign, together. */
  clusters?: readonly number[];
}

/** A score over the clips that have a value. */
export interface ScoreEstimate {
  /** The score's aggregate, or the mean. */
  value: number;
  /** Mean of the clips' own values: another number than `value` for a score with an aggregate. */
  mean: number;
  /** 95 % percentile bootstrap interval of `value`; null for fewer than two clips (or clusters). */
  interval: [number, number] | null;
  n: number;
}

/** One system against another on the clips that both have a value for. */
export interface PairedTests {
  /** First minus second. */
  difference: number;
  interval: [number, number] | null;
  n: number;
  /** Two-sided p-values; null for fewer than two clips. The last two look at the clips' own values, whatever the aggregate is. */
  p: { bootstrap: number; permutation: number; wilcoxon: number } | null;
  /** Cohen's d of the paired differences: their mean over their standard deviation; null where that is 0. */
  effect: number | null;
  /** The smallest true difference that this many clips show with 80 % power at a two-sided level of .05: (1.960 + 0.842) standard errors. */
  detectable: number | null;
}

const zForLevel = 1.959963984540054;
const zForPower = 0.8416212335729143;

/** Positions among `clips` by cluster. */
function groups(clips: readonly number[], clusters: readonly number[] | undefined): number[][] | undefined {
  if (!clusters) return undefined;
  const found = new Map<number, number[]>();
  clips.forEach((clip, position) => {
    const cluster = clusters[clip]!;
    const positions = found.get(cluster);
    if (positions) positions.push(position);
    else found.set(cluster, [position]);
  });
  return [...found.values()];
}

function draw(series: readonly ClipSeries[], { random, resamples, clusters }: ResamplingOptions): Float64Array[] | null {
  const { clips } = series[0]!;
  const together = groups(clips, clusters);
  if ((together ?? clips).length < 2 || resamples === 0) return null;
  // A fork is the same source every time: series of the same clips see the same draws.
  const source = random.fork('bootstrap');
  return replicates(
    series.map((one) => one.over(one.clips)),
    clips.length,
    resamples,
    source,
    together,
  );
}

const all = (score: Score) => score.values.map((_, i) => i);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A score with its interval; null where no clip has a value. */
export function scoreEstimate(score: Score, options: ResamplingOptions): ScoreEstimate | null {
  const series = clipSeries([score], all(score));
  const value = valueOver(series, series.clips);
  if (!Number.isFinite(value)) return null;
  const drawn = draw([series], options);
  return {
    value,
    mean: mean(series.clips.map((clip) => score.values[clip]!)),
    interval: drawn && percentileInterval(drawn[0]!),
    n: series.clips.length,
  };
}

/** Paired tests of `first` against `second`, the same score of two systems; null where they share no clip. */
export function pairedTests(first: Score, second: Score, options: ResamplingOptions): PairedTests | null {
  const whole = [first, second].map((score) => clipSeries([score], all(score)));
  const clips = sharedClips(whole[0]!, whole[1]!);
  const [a, b] = whole.map((series) => restricted(series, clips)) as [ClipSeries, ClipSeries];
  const difference = valueOver(a, clips) - valueOver(b, clips);
  if (!Number.isFinite(difference)) return null;
  const drawn = draw([a, b], options);
  const own = clips.map((clip) => first.values[clip]! - second.values[clip]!);
  const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean(own)) ** 2, 0) / (own.length - 1));
  const effect = deviation > 0 ? mean(own) / deviation : null;
  if (!drawn) return { difference, interval: null, n: clips.length, p: null, effect, detectable: null };

  const differences = drawn[0]!.map((value, i) => value - drawn[1]![i]!);
  const middle = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const error = Math.sqrt(differences.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (differences.length - 1));
  const together = groups(clips, options.clusters);
  const sums = together?.map((positions) => positions.reduce((sum, position) => sum + own[position]!, 0)) ?? own;
  const means = together?.map((positions, i) => sums[i]! / positions.length) ?? own;
  return {
    difference,
    interval: percentileInterval(differences),
    n: clips.length,
    p: {
      bootstrap: twoSidedP(differences),
      permutation: signFlipTest(sums, options.resamples, options.random.fork('permutation')).p,
      wilcoxon: wilcoxon(means).p,
    },
    effect,
    detectable: (zForLevel + zForPower) * error,
  };
}
