import type { LossValues, StepResult } from './step-engine.js';

/** The losses of two micro-batches together. */
export function sumOfLosses(a: LossValues, b: LossValues): LossValues {
  return { caption: plus(a.caption, b.caption), auxiliary: plus(a.auxiliary, b.auxiliary) };
}

export function areFinite({ caption, auxiliary }: LossValues): boolean {
  return Number.isFinite(caption ?? 0) && Number.isFinite(auxiliary ?? 0);
}

/** Losses and gradient norm: only then variables may be updated. */
export function isFinite(result: StepResult): boolean {
  return areFinite(result) && Number.isFinite(result.gradientNorm);
}

const plus = (a: number | null, b: number | null) => (a === null ? b : a + (b ?? 0));
