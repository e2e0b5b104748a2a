import { makeRunFolder } from '../pipeline/run-folder.js';
import { openRunLog, resolveTracking, sourceTags } from '../runlog/index.js';
import type { CaptionScores, ScoreRequest } from './score-captions.js';
import { scoresAsJson } from './scores-as-json.js';

/**
 * Logs a scoring as one run of MLflow's experiment `mienlab/score`: `score/NAME`, `baseline/NAME.LABEL`, the table of items and scores.json.
 * The run's journal and page; the page is undefined where no server has it yet (`mienlab sync` brings it over).
 */
export async function logScores(
  scores: CaptionScores,
  request: ScoreRequest,
  warn: (message: string) => void,
): Promise<{ folder: string; page: string | undefined }> {
  const folder = makeRunFolder('score');
  const tracking = resolveTracking();
  const runLog = openRunLog({ runDir: folder, experiment: 'mienlab/score', tracking, notify: warn });
  try {
    const run = runLog.start({
      name: request.predictions.label,
      params: {
        predictions: request.predictions.label,
        references: request.references.label,
        metrics: request.metrics.map(({ name }) => name).join(' '),
        judge: request.judge?.name ?? 'none',
        n: scores.ids.length,
        seed: request.seed,
        resamples: request.resamples,
      },
      tags: await sourceTags(process.cwd(), 'mienlab score'),
    });
    for (const { score, estimate, rivals } of scores.metrics) {
      if (estimate) run.metric(`score/${score.name}`, estimate.value);
      for (const { label, estimate: beside } of rivals) if (beside) run.metric(`baseline/${score.name}.${label}`, beside.value);
    }
    run.table(
      'items.json',
      ['id', ...scores.metrics.map(({ score }) => score.name)],
      scores.ids.map((id, i) => [id, ...scores.metrics.map(({ score }) => score.values[i] ?? null)]),
    );
    run.artifact('scores.json', JSON.stringify(scoresAsJson(scores, request), null, 2));
    run.end('FINISHED');
    await runLog.close();
    return { folder, page: runLog.pageUrl(run.id) };
  } finally {
    await tracking.stop();
  }
}
