import type { ScheduleSettings } from './train-settings.js';

/**
 * Factor on the learning rate at a step (from 0) of `steps`: a linear rise over the warm-up, then as named down to `final`, which would be
 * reached at step `steps` (transformers' get_cosine_schedule_with_warmup and get_linear_schedule_with_warmup, where `final` is 0).
 */
export function learningRateFactor({ name, final, 'warm-up': warmUp }: ScheduleSettings, step: number, steps: number): number {
  const rise = warmUpSteps(warmUp, steps);
  if (step < rise) return step / rise;
  if (name === 'constant') return 1;
  const done = Math.min(1, (step - rise) / Math.max(1, steps - rise));
  const left = name === 'cosine' ? (1 + Math.cos(Math.PI * done)) / 2 : 1 - done;
  return final + (1 - final) * left;
}

/** Below 1 a share of the steps, rounded up as transformers' `TrainingArguments.get_warmup_steps` does. */
function warmUpSteps(warmUp: number, steps: number): number {
  return warmUp < 1 ? Math.ceil(warmUp * steps) : warmUp;
}
