import type { CaptionScores, ScoredMetric, ScoreRequest } from './score-captions.js';

function metricAsJson({ score, estimate, failed, rivals }: ScoredMetric): Record<string, unknown> {
  const { higherIsBetter, note, detail } = score;
  return {
    value: estimate?.value ?? null,
    interval: estimate?.interval ?? null,
    n: estimate?.n ?? 0,
    failed,
    mean: estimate?.mean ?? null,
    higherIsBetter,
    ...(detail && { detail }),
    ...(note && { note }),
    beside: Object.fromEntries(
      rivals.map(({ label, estimate, tests }) => [
        label,
        { value: estimate?.value ?? null, interval: estimate?.interval ?? null, n: estimate?.n ?? 0, ...(tests && { tests }) },
      ]),
    ),
  };
}

/** What `mienlab score --json` prints: scores by name, values of every item by id, and what must be known to read them. */
export function scoresAsJson(
  scores: CaptionScores,
  request: Pick<ScoreRequest, 'references' | 'predictions' | 'judge' | 'seed' | 'resamples'>,
): unknown {
  return {
    predictions: request.predictions.label,
    references: request.references.label,
    judge: request.judge?.name ?? null,
    n: scores.ids.length,
    intervals: {
      method: 'percentile bootstrap',
      level: 0.95,
      over: scores.clusters ? `clusters of clips with the same ${scores.clusters.field}` : 'clips',
      clusters: scores.clusters?.count ?? null,
      resamples: request.resamples,
      seed: request.seed,
    },
    metrics: Object.fromEntries(scores.metrics.map((one) => [one.score.name, metricAsJson(one)])),
    baselines: Object.fromEntries(scores.baselines.map(({ label, what }) => [label, what])),
    comparisons: scores.comparisons,
    skipped: scores.skipped,
    notes: scores.notes,
    items: Object.fromEntries(
      scores.ids.map((id, i) => [id, Object.fromEntries(scores.metrics.map(({ score }) => [score.name, score.values[i] ?? null]))]),
    ),
  };
}
