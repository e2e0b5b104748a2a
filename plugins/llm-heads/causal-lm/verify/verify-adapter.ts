import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs';
import { GoldenValues, type Comparisons } from 'mienlab/plugin';
import { attachAdapter, readConfigFields, safetensorsSource, tensorflow, type WeightSource } from 'mienlab/tensor';
import { decoderSpec } from '../checkpoint-config.js';
import { Decoder } from '../decoder.js';
import { mergedSource } from '../lora/merge.js';
import { readAdapter } from '../lora/read-adapter.js';
import { decoderWeightShapes } from '../weight-shapes.js';
import { goldenBatch, goldenLoss, integers, sequencesOf, type GoldenBatch } from './golden-batch.js';
import { tolerances } from './tolerances.js';
import { gradientsOf, tune, tuningDefaults } from './tuning.js';

/** A LoRA adapter on its base: logits without it, with it and merged, merged weights, gradients of A and B alone, steps of AdamW. */
export async function verifyAdapter(folder: string, golden: GoldenValues, comparisons: Comparisons): Promise<void> {
  const tf = tensorflow();
  const baseFolder = baseOf(folder);
  const spec = decoderSpec(readConfigFields(baseFolder));
  const shapes = decoderWeightShapes(spec);
  const source = safetensorsSource(baseFolder);
  const adapter = readAdapter(folder, shapes);
  const batch = goldenBatch(baseGolden(baseFolder));
  const decoder = Decoder.load(spec, source);
  let trained: Record<string, Variable> = {};
  try {
    await compareLogits('logits_base', decoder);
    trained = attachAdapter(decoder, adapter);
    await compareLogits('logits_lora', decoder);
    await verifyMerged(mergedSource(source, adapter));
    await verifyTraining(decoder, trained, batch, golden, comparisons);
  } finally {
    decoder.dispose();
    tf.dispose(trained);
  }

  async function compareLogits(name: string, model: Decoder): Promise<void> {
    if (!golden.hasTensor(name)) return;
    const logits = tf.tidy(() => model.logits(model.forward(model.embed(integers(batch.ids)), sequencesOf(batch, true))));
    comparisons.activations(name, await logits.data(), golden.tensor(name).data, tolerances.activations, batch.mask.flat());
    logits.dispose();
  }

  async function verifyMerged(merged: WeightSource): Promise<void> {
    for (const name of golden.tensorNames('merged.')) {
      comparisons.absolute(name, merged.read(name.slice('merged.'.length)), golden.tensor(name).data, tolerances.merged);
    }
    const whole = Decoder.load(spec, merged);
    await compareLogits('logits_merged', whole);
    whole.dispose();
  }
}

async function verifyTraining(
  decoder: Decoder,
  trained: Readonly<Record<string, Variable>>,
  batch: GoldenBatch,
  golden: GoldenValues,
  comparisons: Comparisons,
): Promise<void> {
  const { labels } = batch;
  if (!labels) return;
  const loss = () => goldenLoss(decoder, decoder.embed(integers(batch.ids)), sequencesOf(batch, false), labels);
  const { loss: value, gradients } = await gradientsOf(loss, trained);
  comparisons.absolute('loss', [value], [golden.number('loss')], tolerances.loss);
  for (const [name, gradient] of gradients) {
    const key = `grad.${name}`;
    if (golden.hasTensor(key)) comparisons.relative(key, await gradient.data(), golden.tensor(key).data, tolerances.gradients);
    gradient.dispose();
  }
  if (!golden.has('adamw_losses_before_step_1_5_and_after')) return;
  const expected = golden.numbers('adamw_losses_before_step_1_5_and_after');
  const onStep = async (step: number) => {
    for (const [name, variable] of Object.entries(trained)) {
      const key = `adamw${step}.${name}`;
      if (golden.hasTensor(key)) comparisons.absolute(key, await variable.data(), golden.tensor(key).data, tolerances.tuned);
    }
  };
  const rates = expected.slice(1).map(() => tuningDefaults.rate);
  const { losses, norms } = await tune(loss, trained, { ...tuningDefaults, rates, onStep });
  comparisons.absolute('adamw_losses', losses, expected, tolerances.loss);
  comparisons.relative('grad_norm_before_clip', norms, golden.numbers('grad_norm_before_clip'), tolerances.gradients);
}

/** The folder of an adapter's base: beside it, or where the path leads from here. */
function baseOf(folder: string): string {
  const base = readConfigFields(folder, 'adapter_config.json').text('base_model_name_or_path');
  return existsSync(join(folder, base)) ? join(folder, base) : base;
}

/** The base's golden.json, whose batch the adapter's reference values are of. */
function baseGolden(folder: string): GoldenValues {
  const { values } = readConfigFields(folder, 'golden.json');
  return new GoldenValues({ folder, values, tensors: new Map(), read: () => new Float32Array() });
}
