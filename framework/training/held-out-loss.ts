import { setImmediate } from 'node:timers/promises';
import type { StepBatches } from './step-batches.js';
import type { StepEngine } from './step-engine.js';
import type { TrainStage } from './train-stages.js';

/** The held-out samples in batches of a training step's micro-batch. */
export function heldOutBatches(samples: readonly number[], { batch, accumulate }: TrainStage): number[][] {
  const size = Math.ceil(batch / accumulate);
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, i) => samples.slice(i * size, (i + 1) * size));
}

/** Mean cross-entropy over all answer tokens of these samples, nats; null where the signal fires. */
export async function heldOutLoss(
  engine: StepEngine,
  batches: StepBatches,
  samples: readonly number[],
  stage: TrainStage,
  signal: AbortSignal,
): Promise<number | null> {
  let sum = 0;
  let count = 0;
  for (const batch of heldOutBatches(samples, stage)) {
    if (signal.aborted) return null;
    const { arrays, tokens } = batches.lookAt('evaluation', batch);
    const { caption } = await engine.losses('evaluation', arrays);
    sum += caption! * tokens;
    count += tokens;
    await setImmediate();
  }
  return sum / count;
}
