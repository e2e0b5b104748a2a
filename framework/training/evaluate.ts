import type { InstructionSample } from '../contracts/index.js';
import { tensorflow, tidy } from '../tensor/index.js';
import type { Model } from './model.js';
import { visualBatch, type VisualSource } from './visual-source.js';

/** Caption loss on clips that are not trained on: mean over batches, weighted by their samples; nats a token. */
export async function evaluateLoss(
  { encoder, projector, head }: Model,
  source: VisualSource,
  samples: readonly InstructionSample[],
  batch: number,
): Promise<number> {
  const tf = tensorflow();
  let sum = 0;
  for (let start = 0; start < samples.length; start += batch) {
    const part = samples.slice(start, start + batch);
    const indices = part.map((_, i) => start + i);
    const loss = tidy(() => head.loss(part, projector.project(encoder.encode(visualBatch(source, indices))).sequence));
    const [value] = await loss.data();
    tf.dispose(loss);
    sum += value! * part.length;
  }
  return sum / samples.length;
}
