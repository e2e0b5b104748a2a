import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs';
import { Fault } from 'mienlab/faults';
import { GoldenValues, type Comparisons } from 'mienlab/plugin';
import { readConfigFields, safetensorsSource, tensorflow, type LoraWeights } from 'mienlab/tensor';
import { decoderSpec } from '../checkpoint-config.js';
import { Decoder } from '../decoder.js';
import { goldenBatch, goldenLoss, integers, sequencesOf } from './golden-batch.js';
import { tolerances } from './tolerances.js';
import { gradientsOf, tune, tuningRun } from './tuning.js';

const prefix = 'base_model.model.';

/** A LoRA adapter on its base: logits without and with it, gradients of A and B alone, steps of AdamW, and the weights and logits once merged. */
export async function verifyAdapter(folder: string, golden: GoldenValues, comparisons: Comparisons): Promise<void> {
  const tf = tensorflow();
  const baseFolder = baseOf(folder);
  const base = baseGolden(baseFolder);
  const batch = goldenBatch(base);
  if (!batch.labels) throw base.invalid('labels', 'the adapter needs them');
  const { labels } = batch;
  const decoder = Decoder.load(decoderSpec(readConfigFields(baseFolder)), safetensorsSource(baseFolder));
  const trained: Record<string, Variable> = {};
  const forward = () => tf.tidy(() => decoder.logits(decoder.forward(decoder.embed(integers(batch.ids)), sequencesOf(batch, true))));
  const compareLogits = async (name: string) => {
    const logits = forward();
    comparisons.activations(name, await logits.data(), golden.tensor(name).data, tolerances.activations, batch.mask.flat());
    logits.dispose();
  };
  const loss = () => goldenLoss(decoder, decoder.embed(integers(batch.ids)), sequencesOf(batch, false), labels);
  try {
    await compareLogits('logits_base');
    Object.assign(trained, loadAdapter(folder, decoder));
    await compareLogits('logits_lora');
    await verifyMerged();
    const { loss: value, gradients } = await gradientsOf(loss, trained);
    comparisons.absolute('loss', [value], [golden.number('loss')], tolerances.loss);
    for (const [name, gradient] of gradients) {
      comparisons.relative(`grad.${name}`, await gradient.data(), golden.tensor(`grad.${name}`).data, tolerances.gradients);
    }
    tf.dispose([...gradients.values()]);
    const settings = tuningRun(base.part('adamw_constant_lr')!);
    const onStep = async (step: number) => {
      for (const [name, variable] of step === 1 ? Object.entries(trained) : []) {
        comparisons.absolute(`adamw1.${name}`, await variable.data(), golden.tensor(`adamw1.${name}`).data, tolerances.tuned);
      }
    };
    const { losses, norms } = await tune(loss, trained, { ...settings, onStep });
    comparisons.absolute('adamw_losses', losses, golden.numbers('adamw_losses_before_step_1_5_and_after'), tolerances.loss);
    comparisons.relative('grad_norm_before_clip', norms, golden.numbers('grad_norm_before_clip'), tolerances.gradients);
  } finally {
    decoder.dispose();
    tf.dispose(trained);
  }

  async function verifyMerged(): Promise<void> {
    const merged = new Map<string, Variable>();
    for (const [module, { a, b, scaling }] of decoder.adapters) {
      const name = `${module}.weight`;
      const weight = tf.tidy(() => tf.variable(tf.add(decoder.variables[name]!, tf.mul(tf.matMul(b as never, a as never), scaling))));
      merged.set(name, weight);
      comparisons.absolute(`merged.${name}`, await weight.data(), golden.tensor(`merged.${name}`).data, 1e-6);
    }
    const whole = new Decoder(decoder.spec, { ...decoder.variables, ...Object.fromEntries(merged) });
    const logits = tf.tidy(() => whole.logits(whole.forward(whole.embed(integers(batch.ids)), sequencesOf(batch, true))));
    comparisons.activations(
      'logits_merged',
      await logits.data(),
      golden.tensor('logits_merged').data,
      tolerances.activations,
      batch.mask.flat(),
    );
    tf.dispose([logits, ...merged.values()]);
  }
}

/** Puts the adapter's weights on the decoder's layers; gives them as variables under the names that goldens have. */
function loadAdapter(folder: string, decoder: Decoder): Record<string, Variable> {
  const tf = tensorflow();
  const config = readConfigFields(folder, 'adapter_config.json');
  const rank = config.integer('r');
  const scaling = config.positive('lora_alpha') / (config.flag('use_rslora', false) ? Math.sqrt(rank) : rank);
  const source = safetensorsSource(join(folder, 'adapter_model.safetensors'));
  const variables: Record<string, Variable> = {};
  const pairs = new Map<string, Partial<LoraWeights>>();
  for (const [key, { shape }] of source.tensors) {
    const [, module, part] = /^(.*)\.lora_([AB])\.weight$/.exec(key.replace(prefix, '')) ?? [];
    const weight = decoder.variables[`${module}.weight`];
    if (!module || !weight) {
      throw new Fault('CHECKPOINT_INVALID', `${source.files[0]}: the tensor "${key}" belongs to no linear layer of the base model`, {
        tensor: key,
      });
    }
    const expected = part === 'A' ? [rank, weight.shape[1]] : [weight.shape[0], rank];
    if (shape.join() !== expected.join()) {
      throw new Fault('CHECKPOINT_INVALID', `${source.files[0]}: the tensor "${key}" is [${shape.join(', ')}]`, {
        tensor: key,
        expected: `[${expected.join(', ')}]`,
      });
    }
    const variable = tf.tidy(() => tf.variable(tf.tensor(source.read(key), shape as number[])));
    variables[`${module}.lora_${part}.weight`] = variable;
    pairs.set(module, { ...pairs.get(module), [part === 'A' ? 'a' : 'b']: variable });
  }
  for (const [module, { a, b }] of pairs) decoder.adapters.set(module, { a: a!, b: b!, scaling, dropout: 0 });
  return variables;
}

function baseOf(folder: string): string {
  const base = readConfigFields(folder, 'adapter_config.json').text('base_model_name_or_path');
  return existsSync(join(folder, base)) ? join(folder, base) : base;
}

/** The base's golden.json, whose batch the adapter's reference values are of. */
function baseGolden(folder: string): GoldenValues {
  const { values } = readConfigFields(folder, 'golden.json');
  return new GoldenValues({ folder, values, tensors: new Map(), read: () => new Float32Array() });
}
