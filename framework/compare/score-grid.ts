import type { Random, Score } from '../contracts/index.js';
import type { Comparison, Setting } from './comparison.js';
import { percentileInterval, replicates, twoSidedP } from './statistics/bootstrap.js';
import { type ClipSeries, clipSeries, restricted, sameClips, sharedClips, valueOver, wholeValue } from './statistics/clip-series.js';
import { holm } from './statistics/holm.js';

/** A value with its 95 % percentile bootstrap interval over clips; no interval for fewer than two clips. */
export interface Estimate {
  value: number;
  interval: [number, number] | null;
  /** Clips it is taken over. */
  clips: number;
}

/** A paired difference over the clips that both have a value for. */
export interface Difference extends Estimate {
  /** Two-sided bootstrap p, and the same after Holm over the grid's comparisons. */
  p: number | null;
  adjusted: number | null;
  /** Adjusted p at most .05. */
  differs: boolean;
}

export interface Cell {
  /** Null where the setting has no value for the score on any clip. */
  estimate: Estimate | null;
  /** The value of each seed alone, in the runs' order. */
  seeds: readonly number[];
  /** Against the first row; null in the first row and where either side has no value. */
  difference: Difference | null;
}

/** One score over some of the clips. */
export interface Column {
  score: string;
  higherIsBetter: boolean;
  note?: string;
  /** Set where the column is one kind of clip. */
  kind?: string;
  /** Clips asked for. */
  clips: number;
  /** Bootstrap resamples. */
  resamples: number;
}

/** Scores of every setting with intervals, differences from the first row, and the blind baselines. */
export interface ScoreGrid {
  columns: readonly Column[];
  rows: readonly { label: string; cells: readonly Cell[] }[];
  blind: readonly { label: string; values: readonly (number | null)[] }[];
  /** How many differences Holm's correction was taken over. */
  comparisons: number;
}

export interface BootstrapOptions {
  random: Random;
  /** For scores that are a mean over clips. */
  resamples: number;
  /** For scores with an aggregate of their own, which cost more. */
  aggregateResamples: number;
}

/** What a column asks for: a score over the clips with these indices. */
export interface ColumnRequest {
  score: string;
  clips: readonly number[];
  kind?: string;
}

function scoresOf(setting: Setting, name: string): Score[] {
  return setting.runs.flatMap((run) => run.scores.filter((score) => score.name === name));
}

/**
 * Bootstrap values of each series over its own clips; undefined for fewer than two. Series of equally many clips see the same
 * positions, so that those over the same clips are paired.
 */
function draw(series: readonly (ClipSeries | null)[], options: BootstrapOptions): (Float64Array | undefined)[] {
  const drawn = series.map((): Float64Array | undefined => undefined);
  const resamples = series.some((one) => one?.aggregated) ? options.aggregateResamples : options.resamples;
  for (const n of new Set(series.flatMap((one) => (one && one.clips.length > 1 ? [one.clips.length] : [])))) {
    const together = series.flatMap((one, index) => (one?.clips.length === n ? [{ index, statistic: one.over(one.clips) }] : []));
    const statistics = together.map(({ statistic }) => statistic);
    replicates(statistics, n, resamples, options.random.fork(`bootstrap-${n}`)).forEach(
      (values, i) => (drawn[together[i]!.index] = values),
    );
  }
  return drawn;
}

/** The paired difference `b - a` over the clips that both have, its bootstrap values given; the Holm adjustment is left to `correct`. */
function differenceOf(a: ClipSeries, b: ClipSeries, ofA: Float64Array | undefined, ofB: Float64Array | undefined): Difference | null {
  const value = valueOver(b, b.clips) - valueOver(a, a.clips);
  if (!Number.isFinite(value)) return null;
  const clips = b.clips.length;
  if (!ofA || !ofB) return { value, interval: null, clips, p: null, adjusted: null, differs: false };
  const differences = ofB.map((own, index) => own - ofA[index]!);
  return { value, interval: percentileInterval(differences), clips, p: twoSidedP(differences), adjusted: null, differs: false };
}

/** The paired difference `b - a` over the clips that both have a value for; null where they share none. */
export function pairedDifference(a: ClipSeries, b: ClipSeries, options: BootstrapOptions): Difference | null {
  const clips = sharedClips(a, b);
  const [first, second] = [restricted(a, clips), restricted(b, clips)];
  const [ofA, ofB] = draw([first, second], options);
  return differenceOf(first, second, ofA, ofB);
}

/** Sets Holm's adjusted p over all differences given; says over how many. */
export function correct(differences: readonly (Difference | null)[]): number {
  const tested = differences.filter((difference): difference is Difference & { p: number } => typeof difference?.p === 'number');
  holm(tested.map((difference) => difference.p)).forEach((adjusted, index) => {
    tested[index]!.adjusted = adjusted;
    tested[index]!.differs = adjusted <= 0.05;
  });
  return tested.length;
}

function estimateOf(series: ClipSeries, values: Float64Array | undefined): Estimate | null {
  const value = wholeValue(series);
  if (value === null) return null;
  return { value, interval: values ? percentileInterval(values) : null, clips: series.clips.length };
}

/** Estimates and paired differences of every setting in the columns asked for. */
export function scoreGrid(comparison: Comparison, requests: readonly ColumnRequest[], options: BootstrapOptions): ScoreGrid {
  const columns: Column[] = [];
  const cells = comparison.settings.map((): Cell[] => []);
  const blind = comparison.blind.map((): (number | null)[] => []);
  for (const request of requests) {
    const found = comparison.settings.map((setting) => scoresOf(setting, request.score));
    const one = found.flat()[0];
    if (!one) continue;
    const series = found.map((scores) => (scores.length === 0 ? null : clipSeries(scores, request.clips)));
    const resamples = series.some((some) => some?.aggregated) ? options.aggregateResamples : options.resamples;
    const { score, kind } = request;
    columns.push({ score, kind, higherIsBetter: one.higherIsBetter, note: one.note, clips: request.clips.length, resamples });
    const drawn = draw(series, options);
    const first = series[0];
    series.forEach((own, row) => {
      let difference: Difference | null = null;
      if (row > 0 && own && first) {
        difference = sameClips(first, own) ? differenceOf(first, own, drawn[0], drawn[row]) : pairedDifference(first, own, options);
      }
      cells[row]!.push({ estimate: own && estimateOf(own, drawn[row]), seeds: own?.seeds ?? [], difference });
    });
    comparison.blind.forEach((baseline, index) => {
      const score = baseline.scores.find((other) => other.name === request.score);
      blind[index]!.push(score ? wholeValue(clipSeries([score], request.clips)) : null);
    });
  }
  return {
    columns,
    rows: comparison.settings.map((setting, row) => ({ label: setting.label, cells: cells[row]! })),
    blind: comparison.blind.map((baseline, index) => ({ label: baseline.label, values: blind[index]! })),
    comparisons: correct(cells.flat().map((cell) => cell.difference)),
  };
}
