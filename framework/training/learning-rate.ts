import type { TrainSettings } from './train-settings.js';

/**
 * Factor on the learning rate at a step (from 0) of `steps`: a linear rise over the warm-up, then as named down to `final`, which would be
 * reached at step `steps` (transformers' get_cosine_schedule_with_warmup and get_linear_schedule_with_warmup, where `final` is 0).
 */
export function learningRateFactor({ name, final, 'warm-up': warmUp }: TrainSettings['schedule'], step: number, steps: number): number {
  if (step < warmUp) return step / warmUp;
  if (name === 'constant') return 1;
  const done = Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp));
  const left = name === 'cosine' ? (1 + Math.cos(Math.PI * done)) / 2 : 1 - done;
  return final + (1 - final) * left;
}
