import type { TrainSettings } from './train-settings.js';

/** Factor on the learning rate at a step (from 0) of `steps`: a linear rise over the warm-up, then as named down to `final` at the last step. */
export function learningRateFactor(schedule: TrainSettings['schedule'], step: number, steps: number): number {
  const { name, final } = schedule;
  const warmUp = Math.min(schedule['warm-up'], steps);
  if (step < warmUp) return (step + 1) / warmUp;
  if (name === 'constant') return 1;
  const done = (step - warmUp + 1) / Math.max(1, steps - warmUp);
  const left = name === 'cosine' ? (1 + Math.cos(Math.PI * done)) / 2 : 1 - done;
  return final + (1 - final) * left;
}
