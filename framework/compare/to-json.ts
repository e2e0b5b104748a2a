import type { Score } from '../contracts/index.js';
import type { Analysis } from './analysis.js';
import type { Comparison } from './comparison.js';

/** A score's values; its function over clips cannot be written, its results stand in the analysis. */
function scoreValues({ aggregate, ...score }: Score): Omit<Score, 'aggregate'> & { aggregated: boolean } {
  return { ...score, aggregated: aggregate !== undefined };
}

/** The text of result.json: the comparison with every per-clip value, and all numbers made of it. `version` counts its form. */
export function toJson(comparison: Comparison, analysis: Analysis): string {
  const result = {
    version: 1,
    ...comparison,
    settings: comparison.settings.map((setting) => ({
      ...setting,
      runs: setting.runs.map((run) => ({ ...run, scores: run.scores.map(scoreValues) })),
    })),
    blind: comparison.blind.map((baseline) => ({ ...baseline, scores: baseline.scores.map(scoreValues) })),
    analysis,
  };
  return `${JSON.stringify(result, null, 1)}\n`;
}
