// mienlab's side of the bench: reads one JSON request a line, answers each with one JSON line (the protocol: docs/bench.md).
// System `mienlab` is what a run uses, `eager` the same model operation by operation.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readSafetensors, tensorflow, useTensorflow } from 'mienlab/tensor';
import { packageVersion } from '../../dist/framework/paths.js';
import { chooseBackend, loadBackend } from '../../dist/framework/tensor/backend/index.js';
import { readConfigFields } from '../../dist/framework/tensor/checkpoint/config-fields.js';
import { safetensorsSource } from '../../dist/framework/tensor/checkpoint/safetensors-source.js';
import { crossEntropy } from '../../dist/framework/tensor/ops/cross-entropy.js';
import { CompiledEngine } from '../../dist/framework/training/compiled-engine.js';
import { EagerEngine } from '../../dist/framework/training/eager-engine.js';
import { decoderSpec } from '../../dist/plugins/llm-heads/causal-lm/checkpoint-config.js';
import { Decoder } from '../../dist/plugins/llm-heads/causal-lm/decoder.js';
import { EagerSession } from '../../dist/plugins/llm-heads/causal-lm/eager-session.js';

const sizeOf = (variables) => variables.reduce((sum, { size }) => sum + size, 0);

async function openBackend({ task, threads }) {
  const work = task === 'generation' ? 'decoding' : 'training';
  // Generation is tried with several numbers of threads; in training, mienlab's own table decides.
  if (task === 'generation') process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  const choice = await chooseBackend({ backend: 'tensorflow', work });
  useTensorflow(await loadBackend(choice, work));
  return { mienlab: packageVersion(), ...choice.versions };
}

function loadModel({ model, dtype, task }) {
  if (dtype !== 'fp32' && task === 'generation') throw new Error(`${dtype} is not there yet for generation`);
  return Decoder.load(decoderSpec(readConfigFields(model)), safetensorsSource(model));
}

/** The adapter's variables, put into the decoder. */
function loadAdapter(decoder, folder) {
  const tf = tensorflow();
  const { r, lora_alpha: alpha } = JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8'));
  const { tensors } = readSafetensors(join(folder, 'adapter_model.safetensors'));
  const variable = (name) => tf.tidy(() => tf.variable(tf.tensor(tensors[name].data, tensors[name].shape)));
  return Object.keys(tensors)
    .filter((name) => name.endsWith('.lora_A.weight'))
    .flatMap((name) => {
      const [a, b] = [variable(name), variable(name.replace('lora_A', 'lora_B'))];
      decoder.adapters.set(name.replace('base_model.model.', '').replace('.lora_A.weight', ''), { a, b, scaling: alpha / r, dropout: 0 });
      return [a, b];
    });
}

/** Steps on one batch: losses in answer to each. */
function training(spec) {
  const { inputs, targets, optimizer, system } = spec;
  const decoder = loadModel(spec);
  const base = Object.values(decoder.variables);
  const adapted = spec.adapter ? loadAdapter(decoder, spec.adapter) : undefined;
  const variables = adapted ?? base;
  const [batch, length] = [inputs.length, inputs[0].length];
  const rows = batch * length;
  const integers = (values) => ({ data: Int32Array.from(values), shape: [rows] });
  const host = {
    ids: integers(inputs.flat()),
    targets: integers(targets.flat()),
    positions: integers(inputs.flatMap((row) => row.map((_, i) => i))),
    weights: { data: new Float32Array(rows).fill(1 / rows), shape: [rows] },
  };
  const forward = (_, { ids, targets, positions, weights }) => {
    const hidden = decoder.forward(decoder.embed(ids), { batch, length, positions, segments: null });
    const caption = crossEntropy(decoder.logits(hidden), targets, weights);
    return { caption, auxiliary: null, total: caption };
  };
  const { beta1, beta2, 'learning-rate': rate, ...rest } = optimizer;
  const groups = [
    {
      variables: Object.fromEntries(variables.map((variable, i) => [`${i}`, variable])),
      learningRate: rate,
      weightDecay: rest['weight-decay'],
    },
  ];
  const optimizerSettings = { name: 'adamw', ...rest, 'learning-rate': rate, betas: [beta1, beta2], momentum: 0, nesterov: false };
  const options = { groups, forward, optimizer: optimizerSettings, clip: 0, precision: spec.dtype };
  const engine = new (system === 'eager' ? EagerEngine : CompiledEngine)(options);
  return {
    parameters: sizeOf(base) + (adapted ? sizeOf(adapted) : 0),
    trainable: sizeOf(variables),
    async run(count) {
      const [losses, ms] = [[], []];
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        losses.push((await engine.step('captions', [host], [rate])).caption);
        ms.push(performance.now() - started);
      }
      return { losses, ms };
    },
  };
}

/** Greedy generation of a fixed number of tokens for prompts of one length. */
function generation(spec) {
  const { prompts, tokens } = spec;
  const decoder = loadModel(spec);
  const [batch, length] = [prompts.length, prompts[0].length];
  const ids = Int32Array.from(prompts.flat());
  async function generate() {
    const tf = tensorflow();
    const embeddings = tf.tidy(() => decoder.embed(tf.tensor1d(ids, 'int32')));
    const session = new EagerSession(decoder, { embeddings, length, lengths: prompts.map(() => length) }, tokens);
    embeddings.dispose();
    const columns = [await session.argmax()];
    while (columns.length < tokens) {
      session.append(columns.at(-1));
      columns.push(await session.argmax());
    }
    session.dispose();
    return Array.from({ length: batch }, (_, row) => columns.map((column) => column[row]));
  }
  return {
    parameters: sizeOf(Object.values(decoder.variables)),
    async run(count) {
      let [generated, ms] = [[], []];
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        generated = await generate();
        ms.push(performance.now() - started);
      }
      return { ids: generated, ms };
    },
  };
}

// A Ctrl-C in the terminal reaches this process too; the harness ends it.
process.on('SIGINT', () => {});
let work;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    if (request.op === 'open') {
      const versions = await openBackend(request);
      work = { training, generation }[request.task](request);
      answer = { parameters: work.parameters, trainable: work.trainable, versions };
    } else answer = await work.run(request.count);
  } catch (error) {
    answer = { error: error.stack };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
