// mienlab's side of the bench: reads one JSON request a line, answers each with one JSON line (the protocol: docs/bench.md).
// System `mienlab` is what a run uses, `eager` the same model operation by operation, which is all that backends other than tensorflow do.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { defaultConfig, seededRandom } from 'mienlab/plugin';
import { CompiledExtractor, tensorflow, useTensorflow } from 'mienlab/tensor';
import { packageVersion } from '../../dist/framework/paths.js';
import { chooseBackend, decodingWork, loadBackend } from '../../dist/framework/tensor/backend/index.js';
import { readConfigFields } from '../../dist/framework/tensor/checkpoint/config-fields.js';
import { CompiledEngine } from '../../dist/framework/training/compiled-engine.js';
import { EagerEngine } from '../../dist/framework/training/eager-engine.js';
import { decoderSpec } from '../../dist/plugins/llm-heads/causal-lm/checkpoint-config.js';
import { CompiledSession } from '../../dist/plugins/llm-heads/causal-lm/compiled-session.js';
import { DecodeGraph } from '../../dist/plugins/llm-heads/causal-lm/decode-graph.js';
import { eagerSession } from '../../dist/plugins/llm-heads/causal-lm/eager-session.js';
import { loadModel, sizeOf, trainingStep } from './mienlab-model.mjs';

/** As a run chooses it. */
function decodingOf({ model, prompts }) {
  const { hidden } = decoderSpec(readConfigFields(model));
  return decodingWork({ hidden, sequences: prompts.length, steps: Infinity }) ?? 'decoding';
}

async function openBackend(request) {
  const { task, threads, backend = 'tensorflow', work = task === 'generation' ? decodingOf(request) : 'training' } = request;
  // Generation is tried with several numbers of threads; elsewhere mienlab's own table decides.
  if (threads !== undefined && task === 'generation') process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  const choice = await chooseBackend({ backend, work });
  useTensorflow(await loadBackend(choice, work));
  return { mienlab: packageVersion(), ...choice.versions, device: choice.device.name };
}

/** Steps on one batch: losses in answer to each. */
function training(spec) {
  const { variables, options, host, parameters } = trainingStep(spec);
  const engine = new (spec.system === 'eager' ? EagerEngine : CompiledEngine)(options);
  const rate = spec.optimizer['learning-rate'];
  return {
    parameters,
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
  const { prompts, tokens, system, dtype } = spec;
  if (dtype !== 'fp32') throw new Error(`generation in ${dtype} is not there yet`);
  const decoder = loadModel(spec);
  const [batch, length] = [prompts.length, prompts[0].length];
  const ids = Int32Array.from(prompts.flat());
  const lengths = prompts.map(() => length);
  let graph;
  async function openSession() {
    const tf = tensorflow();
    const embeddings = tf.tidy(() => decoder.embed(tf.tensor1d(ids, 'int32')));
    try {
      if (system === 'eager') return eagerSession(decoder, { embeddings, length, lengths }, tokens);
      graph ??= new DecodeGraph(decoder, { batch, length, capacity: length + tokens });
      return new CompiledSession(graph, { embeddings: await embeddings.data(), lengths }, decoder.spec.vocabulary);
    } finally {
      embeddings.dispose();
    }
  }
  async function generate() {
    const session = await openSession();
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

/** Images as bytes to the tokens of their patches, by an encoder plugin: each image a clip of one frame. */
async function encoding({ system, family, model, dtype, pixels, shape, tokens }) {
  const { default: plugin } = await import(`../../dist/plugins/encoders/${family}/plugin.js`);
  const config = { ...defaultConfig(plugin.config), path: model };
  const { frame } = plugin.input(config);
  const ports = { frames: { type: 'frames', dims: { count: 1, height: frame.height, width: frame.width } }, faces: null };
  const encoder = await plugin.create(benchContext(), config, { ports });
  const [images, ...sides] = shape;
  const frames = { data: readFileSync(pixels), shape: [images, 1, ...sides] };
  const extractor = new CompiledExtractor(encoder, { precision: dtype, log: benchContext().log });
  const eager = async () => {
    const tf = tensorflow();
    const found = tf.tidy(() => encoder.encode({ frames: tf.tensor5d(frames.data, frames.shape, 'float32'), faces: null }).frames);
    const data = await found.data();
    found.dispose();
    return data;
  };
  const encode = system === 'eager' ? eager : async () => (await extractor.extract({ frames, faces: null })).frames.data;
  return {
    async run(count) {
      const ms = [];
      let found;
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        found = await encode();
        ms.push(performance.now() - started);
      }
      writeFileSync(tokens, new Uint8Array(found.buffer, found.byteOffset, found.byteLength));
      return { ms };
    },
  };
}

/** What an encoder's `create` asks of its surroundings. What it warns of, a bench must not pass over. */
function benchContext() {
  const log = {
    info: () => {},
    warn: (text) => {
      throw new Error(text);
    },
  };
  return { log, resolve: (path) => path, random: seededRandom(1), signal: new globalThis.AbortController().signal };
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
      work = await { training, generation, encoding }[request.task](request);
      answer = { parameters: work.parameters, trainable: work.trainable, versions };
    } else answer = await work.run(request.count);
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
// A WebGPU device keeps the process alive.
process.exit();
