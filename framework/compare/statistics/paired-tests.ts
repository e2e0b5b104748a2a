import type { Random, Score } from '../../contracts/index.js';
import { percentileInterval, replicates, twoSidedP } from './bootstrap.js';
import { type ClipSeries, clipSeries, restricted, sameClips, sharedClips, valueOver } from './clip-series.js';
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

/** A score with its bootstrap values. */
export interface ResampledScore {
  score: Score;
  series: ClipSeries;
  /** Null where no clip has a value. */
  estimate: ScoreEstimate | null;
  /** Null for fewer than two clips (or clusters), or where nothing was to be resampled. */
  drawn: Float64Array | null;
}

const all = (score: Score) => score.values.map((_, i) => i);

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Standard deviation of a sample; NaN for fewer than two values. */
function spread(values: ArrayLike<number>): number {
  const middle = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - middle) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}

/** Bootstrap values of series over the same clips; a fork is the same source every time, so that those of two calls are paired as well. */
function draw(series: readonly ClipSeries[], { random, resamples, clusters }: ResamplingOptions): Float64Array[] | null {
  const { clips } = series[0]!;
  const together = groups(clips, clusters);
  if ((together ?? clips).length < 2 || resamples === 0) return null;
  const statistics = series.map((one) => one.over(one.clips));
  return replicates(statistics, clips.length, resamples, random.fork('bootstrap'), together);
}

/** Estimates of many scores, of one system or several, over the same clips: those with values for the same clips see the same resamples. */
export function resampleScores(scores: readonly Score[], options: ResamplingOptions): ResampledScore[] {
  const found = scores.map((score) => clipSeries([score], all(score)));
  const drawn = new Array<Float64Array | null>(scores.length).fill(null);
  const open = new Set(found.keys());
  for (const first of open) {
    const together = [...open].filter((index) => sameClips(found[first]!, found[index]!));
    const values = draw(
      together.map((index) => found[index]!),
      options,
    );
    together.forEach((index, i) => {
      drawn[index] = values && values[i]!;
      open.delete(index);
    });
  }
  return scores.map((score, index): ResampledScore => {
    const series = found[index]!;
    const value = valueOver(series, series.clips);
    const values = drawn[index]!;
    const estimate = Number.isFinite(value)
      ? {
          value,
          mean: mean(series.clips.map((clip) => score.values[clip]!)),
          interval: values && percentileInterval(values),
          n: series.clips.length,
        }
      : null;
    return { score, series, estimate, drawn: values };
  });
}

/** Paired tests of `first` against `second`, the same score of two systems; null where they share no clip. */
export function pairedTests(first: ResampledScore, second: ResampledScore, options: ResamplingOptions): PairedTests | null {
  const clips = sharedClips(first.series, second.series);
  const [a, b] = [first, second].map(({ series }) => restricted(series, clips)) as [ClipSeries, ClipSeries];
  const difference = valueOver(a, clips) - valueOver(b, clips);
  if (!Number.isFinite(difference)) return null;
  const drawn = sameClips(first.series, second.series) ? [first.drawn, second.drawn] : (draw([a, b], options) ?? [null, null]);
  const own = clips.map((clip) => first.score.values[clip]! - second.score.values[clip]!);
  const average = mean(own);
  const deviation = spread(own);
  const effect = deviation > 0 ? average / deviation : null;
  const [ofFirst, ofSecond] = drawn;
  if (!ofFirst || !ofSecond) return { difference, interval: null, n: clips.length, p: null, effect, detectable: null };

  const differences = ofFirst.map((value, i) => value - ofSecond[i]!);
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
      // Equal on every clip: there is no rank to test.
      wilcoxon: means.every((value) => value === 0) ? 1 : wilcoxon(means).p,
    },
    effect,
    detectable: (zForLevel + zForPower) * spread(differences),
  };
}
