import type { Score } from '../../contracts/index.js';
import type { Statistic } from './bootstrap.js';

/** One score of one setting over the clips, its seeds taken together. */
export interface ClipSeries {
  /** Indices of the clips that every seed has a value for. */
  clips: readonly number[];
  /** The value over some of `clips`: mean over seeds of the score's aggregate, or the mean of the per-clip means over seeds. */
  over(clips: readonly number[]): Statistic;
  /** True where the score is no plain mean. */
  aggregated: boolean;
  /** The value of each seed alone over the clips. */
  seeds: readonly number[];
}

function allOf(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, index) => index);
}

function meanOver(scores: readonly Score[], clips: readonly number[]): Statistic {
  const values = Float64Array.from(clips, (clip) => scores.reduce((sum, score) => sum + score.values[clip]!, 0) / scores.length);
  return (positions) => {
    let sum = 0;
    for (let i = 0; i < positions.length; i++) sum += values[positions[i]!]!;
    return sum / positions.length;
  };
}

function aggregateOver(scores: readonly Score[], clips: readonly number[]): Statistic {
  const of = Int32Array.from(clips);
  const indices: number[] = [];
  return (positions) => {
    indices.length = positions.length;
    for (let i = 0; i < positions.length; i++) indices[i] = of[positions[i]!]!;
    let sum = 0;
    for (const score of scores) sum += score.aggregate!(indices);
    return sum / scores.length;
  };
}

/**
 * `scores` are the same score of each seed of one setting (one or more); `among` the indices of the clips asked for. A clip without a
 * value in some seed is left out, so that every seed speaks of the same clips.
 */
export function clipSeries(scores: readonly Score[], among: readonly number[]): ClipSeries {
  const clips = among.filter((clip) => scores.every((score) => typeof score.values[clip] === 'number'));
  const aggregated = scores.every((score) => score.aggregate !== undefined);
  const over = aggregated ? aggregateOver : meanOver;
  return {
    clips,
    over: (some) => over(scores, some),
    aggregated,
    seeds: clips.length === 0 ? [] : scores.map((score) => over([score], clips)(allOf(clips.length))),
  };
}

/** The value over some of the series' clips, NaN where there are none. */
export function valueOver(series: ClipSeries, clips: readonly number[]): number {
  return clips.length === 0 ? NaN : series.over(clips)(allOf(clips.length));
}

/** The value over all clips of a series, null where there are none or the aggregate has none. */
export function wholeValue(series: ClipSeries): number | null {
  const value = valueOver(series, series.clips);
  return Number.isFinite(value) ? value : null;
}

/** The clips that both series have a value for. */
export function sharedClips(a: ClipSeries, b: ClipSeries): number[] {
  const ofA = new Set(a.clips);
  return b.clips.filter((clip) => ofA.has(clip));
}

export function sameClips(a: ClipSeries, b: ClipSeries): boolean {
  return a.clips.length === b.clips.length && a.clips.every((clip, index) => clip === b.clips[index]);
}

/** The series over some of its clips; the seeds' own values stay those of the whole. */
export function restricted(series: ClipSeries, clips: readonly number[]): ClipSeries {
  return { ...series, clips };
}
