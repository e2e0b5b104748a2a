import { setImmediate } from 'node:timers/promises';
import type { StepBatches } from './step-batches.js';
import type { StepEngine } from './step-engine.js';
import type { TrainStage } from './train-stages.js';

/** Mean cross-entropy over all answer tokens of these samples, nats, in batches of a training step's micro-batch; null where the signal fires. */
export async function heldOutLoss(
  engine: StepEngine,
  batches: StepBatches,
  samples: readonly number[],
  { batch, accumulate }: TrainStage,
  signal: AbortSignal,
): Promise<number | null> {
  const size = Math.ceil(batch / accumulate);
  let sum = 0;
  let count = 0;
  for (let start = 0; start < samples.length; start += size) {
    if (signal.aborted) return null;
    const { arrays, tokens } = batches.lookAt('evaluation', samples.slice(start, start + size));
    const { caption } = await engine.losses('evaluation', arrays);
    sum += caption! * tokens;
    count += tokens;
    await setImmediate();
  }
  return sum / count;
}
