import { seededRandom } from '../plugin/index.js';
import { checkComparison } from './check-comparison.js';
import { type ClaimResult, testClaims } from './claim-result.js';
import type { Comparison } from './comparison.js';
import { type BootstrapOptions, type ScoreGrid, scoreGrid } from './score-grid.js';

/** A score by clip kind: the grid's columns are the kinds. */
export interface Breakdown {
  score: string;
  /** True where `Comparison.breakdown` names it. */
  asked: boolean;
  /** True where some setting's intervals for two kinds lie apart. */
  differs: boolean;
  grid: ScoreGrid;
}

/** All numbers of a comparison. */
export interface Analysis {
  main: ScoreGrid;
  /** Parts of other scores, such as a precision; null where there are none. Corrected for their own number. */
  details: ScoreGrid | null;
  /** One a score; empty where the clips are of fewer than two kinds. */
  breakdowns: readonly Breakdown[];
  claims: readonly ClaimResult[];
  seed: number;
}

export interface AnalysisOptions {
  /** Of the bootstrap; the same seed gives the same intervals. Default 0. */
  seed?: number;
  /** Default 10,000. */
  resamples?: number;
  /** For scores that are no plain mean over clips. Default 2,000. */
  aggregateResamples?: number;
}

/** Names of the scores of all settings, or of the parts of scores: those broken down first, then in order of first appearance. */
function scoreNames(comparison: Comparison, details: boolean): string[] {
  const scores = comparison.settings.flatMap(({ runs }) => runs.flatMap(({ scores }) => scores));
  const names = new Set(scores.filter(({ detail = false }) => detail === details).map(({ name }) => name));
  return [...new Set([...comparison.breakdown.filter((name) => names.has(name)), ...names])];
}

/** Clip indices by kind, in order of first appearance. */
function clipsByKind(comparison: Comparison): Map<string, number[]> {
  const kinds = new Map<string, number[]>();
  comparison.clips.forEach(({ kind }, index) => {
    if (kind !== undefined) kinds.set(kind, [...(kinds.get(kind) ?? []), index]);
  });
  return kinds;
}

function differsByKind(grid: ScoreGrid): boolean {
  return grid.rows.some(({ cells }) => {
    const intervals = cells.flatMap(({ estimate }) => (estimate?.interval ? [estimate.interval] : []));
    return Math.max(...intervals.map(([low]) => low)) > Math.min(...intervals.map(([, high]) => high));
  });
}

/**
 * Mean (or the score's aggregate) and 95 % interval of every setting, paired differences from the first, break-downs by clip kind, and
 * the claims. Deterministic under `seed`. Throws PLUGIN_FAILED where a metric's values do not fit the clips, RUN_FAILED where the
 * comparison contradicts itself.
 */
export function analyse(comparison: Comparison, options: AnalysisOptions = {}): Analysis {
  checkComparison(comparison);
  const seed = options.seed ?? 0;
  const bootstrap: BootstrapOptions = {
    random: seededRandom(seed),
    resamples: options.resamples ?? 10_000,
    aggregateResamples: options.aggregateResamples ?? 2_000,
  };
  const names = scoreNames(comparison, false);
  const details = scoreNames(comparison, true);
  const clips = comparison.clips.map((_, index) => index);
  const kinds = [...clipsByKind(comparison)];
  const breakdowns = names.map((score): Breakdown => {
    const requests = kinds.map(([kind, indices]) => ({ score, kind, clips: indices }));
    const grid = scoreGrid(comparison, requests, bootstrap);
    return { score, asked: comparison.breakdown.includes(score), differs: differsByKind(grid), grid };
  });
  const overAll = (scores: readonly string[]) =>
    scoreGrid(
      comparison,
      scores.map((score) => ({ score, clips })),
      bootstrap,
    );
  return {
    main: overAll(names),
    details: details.length ? overAll(details) : null,
    breakdowns: kinds.length < 2 ? [] : breakdowns,
    claims: testClaims(comparison, bootstrap),
    seed,
  };
}
