import type { EvaluateSettings } from './train-settings.js';

/** One look at the samples held out. */
export interface Evaluation {
  /** Step after which it was done, from 1, over all stages. */
  step: number;
  /** Mean cross-entropy over their answers' tokens, nats. */
  loss: number;
}

/** What a stage's evaluations have come to. */
export interface EvaluationRecord {
  last: Evaluation | null;
  /** The lowest losses, best first, as many as are kept. */
  best: readonly Evaluation[];
  /** What a later loss must be below by `min-delta` to count as better; null before the first. */
  lowest: number | null;
  /** Evaluations since then. */
  without: number;
}

export const noEvaluations: EvaluationRecord = { last: null, best: [], lowest: null, without: 0 };

export function recorded(record: EvaluationRecord, evaluation: Evaluation, settings: EvaluateSettings): EvaluationRecord {
  const { loss } = evaluation;
  const better = record.lowest === null || loss < record.lowest - settings['min-delta'];
  return {
    last: evaluation,
    best: [...record.best, evaluation].sort((a, b) => a.loss - b.loss || a.step - b.step).slice(0, settings.keep),
    lowest: better ? loss : record.lowest,
    without: better ? 0 : record.without + 1,
  };
}

export function outOfPatience({ without }: EvaluationRecord, { patience }: EvaluateSettings): boolean {
  return patience > 0 && without >= patience;
}
