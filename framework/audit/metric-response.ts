import type { Random, Score } from '../contracts/index.js';
import { percentileInterval, replicates, type Statistic } from '../compare/statistics/bootstrap.js';
import { clipSeries } from '../compare/statistics/clip-series.js';

/** A value with its 95 % percentile bootstrap interval over clips; null where none was drawn. */
export interface WithInterval {
  value: number;
  interval: [number, number] | null;
}

/** What a metric gives for the captions that a perturbation applies to. */
export interface MetricResponse {
  n: number;
  untouched: WithInterval;
  perturbed: WithInterval;
  /** Another clip's caption in the place of each. */
  floor: WithInterval;
  /** (untouched - perturbed) / (untouched - floor): 0 where nothing is noticed, 1 where the caption is worth no more than another clip's. */
  response: WithInterval | null;
  /** The response less that to the paraphrase of the same captions: below 0, a wrong caption is liked better than a paraphrased right one. */
  overParaphrase: WithInterval | null;
}

interface FourScores {
  untouched: Score;
  perturbed: Score;
  floor: Score;
  /** Null for the paraphrase itself. */
  paraphrased: Score | null;
}

/** Nearer than this a metric does not tell the right caption from another clip's: no share of the way can be given. */
const leastSpan = 1e-9;

/**
 * A metric's response over `clips`, indices of those that the perturbation applies to; clips that one of the scores has no value for are left out.
 * The paraphrase is scored on the same clips (untouched where it does not apply). All values see the same resamples. Null for no clips.
 */
export function metricResponse(
  { untouched, perturbed, floor, paraphrased }: FourScores,
  clips: readonly number[],
  { random, resamples }: { random: Random; resamples: number },
): MetricResponse | null {
  const scores = [untouched, perturbed, floor, ...(paraphrased ? [paraphrased] : [])];
  const known = clips.filter((clip) => scores.every(({ values }) => typeof values[clip] === 'number'));
  if (known.length === 0) return null;
  const statistics: Statistic[] = scores.map((score) => clipSeries([score], known).over(known));
  const whole = Int32Array.from(known, (_, i) => i);
  const at = statistics.map((statistic) => statistic(whole));
  const draws = known.length > 1 && resamples > 0 ? replicates(statistics, known.length, resamples, random.fork('bootstrap')) : null;
  const interval = (value: (draw: (score: number) => number) => number): [number, number] | null =>
    draws && percentileInterval(draws[0]!.map((_, d) => value((score) => draws[score]![d]!)));
  const withInterval = (value: (of: (score: number) => number) => number): WithInterval => ({
    value: value((score) => at[score]!),
    interval: interval(value),
  });
  const share = (score: number) => (of: (score: number) => number) => (of(0) - of(score)) / (of(0) - of(2));
  const told = Math.abs(at[0]! - at[2]!) > leastSpan;
  return {
    n: known.length,
    untouched: withInterval((of) => of(0)),
    perturbed: withInterval((of) => of(1)),
    floor: withInterval((of) => of(2)),
    response: told ? withInterval(share(1)) : null,
    overParaphrase: told && paraphrased ? withInterval((of) => share(1)(of) - share(3)(of)) : null,
  };
}
