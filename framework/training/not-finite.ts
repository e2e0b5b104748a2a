import { Fault } from '../faults/index.js';
import { areFinite } from './loss-values.js';
import type { TrainingData } from './step-batches.js';
import { pick, type StepBatches } from './step-batches.js';
import type { StepEngine, StepKind, StepResult } from './step-engine.js';

interface FailedStep {
  step: number;
  kind: StepKind;
  batch: readonly number[];
  result: StepResult;
  data: TrainingData;
  batches: StepBatches;
  engine: StepEngine;
}

/**
 * Names the clips of a batch whose loss or gradient is not finite, and those of its samples whose own loss is not, by a forward pass for
 * each. Where all of them are not, the weights are to blame and no sample is named.
 */
export async function notFinite({ step, kind, batch, result, data, batches, engine }: FailedStep): Promise<Fault> {
  const own: number[] = [];
  for (const sample of batch) {
    if (!areFinite(await engine.losses(kind, batches.lookAt(kind, [sample]).arrays))) own.push(sample);
  }
  const guilty = own.length < batch.length ? own : [];
  const clips = pick(data.clips, pick(data.rows, batch));
  const shown = Object.entries(result).map(([name, value]) => `${name} ${value}`);
  const named = guilty.map((sample) => `${data.clips[data.rows[sample]!]!} (${JSON.stringify(excerpt(data.samples[sample]!.answer))})`);
  return new Fault(
    'TENSOR_NAN',
    `the loss is not finite at step ${step} (${shown.join(', ')}); the batch was ${clips.join(', ')}` +
      (named.length ? `; by itself not finite: ${named.join(', ')}` : ''),
    {
      clip: data.clips[data.rows[guilty[0] ?? batch[0]!]!],
      known: clips,
      hint: 'lower train.optimizer.learning-rate, or look at these clips and their captions',
    },
  );
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
