import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GoldenValues } from '../framework/plugin/index.js';
import { readConfigFields, safetensorsSource } from '../framework/tensor/index.js';
import { testBackend } from '../framework/tensor/test-backend.js';
import { CompiledEngine } from '../framework/training/compiled-engine.js';
import { EagerEngine } from '../framework/training/eager-engine.js';
import { learningRateFactor } from '../framework/training/learning-rate.js';
import type { Losses } from '../framework/training/step-engine.js';
import { openGolden } from '../framework/verify/open-golden.js';
import { decoderSpec } from '../plugins/llm-heads/causal-lm/checkpoint-config.js';
import { Decoder } from '../plugins/llm-heads/causal-lm/decoder.js';
import { goldenBatch, goldenLoss, integers, sequencesOf } from '../plugins/llm-heads/causal-lm/verify/golden-batch.js';
import { verifyCausalLm } from '../plugins/llm-heads/causal-lm/verify/verify-causal-lm.js';

// dist/tests -> the folder that holds the repository.
const goldens = fileURLToPath(new URL('../../../shared/goldens/transformers/', import.meta.url));
const present = existsSync(goldens);
if (!present) console.log(`skipped: no ${goldens}`);
const golden = present ? test : test.skip;

/** Folders with the number of comparisons that their reference values allow. */
const folders = {
  'qwen2-untied': 55,
  'qwen2-tied-bf16': 66,
  'llama-gqa-llama3rope-sharded': 49,
  'llama-smollm2': 51,
  qwen3: 46,
  'mistral-sliding': 43,
  'qwen2-untied-lora': 26,
};

const quiet = { log: { info: () => undefined, warn: () => undefined }, signal: new AbortController().signal };

for (const backend of ['tensorflow', 'wasm'] as const) {
  for (const [name, count] of Object.entries(folders)) {
    golden(`${name} computes on ${backend} what it does in transformers`, async () => {
      const tf = await testBackend(backend);
      if (!tf) return;
      const before = tf.memory().numTensors;
      const comparisons = await verifyCausalLm(openGolden(`${goldens}${name}`), quiet);
      const failed = comparisons.filter(({ difference, tolerance }) => !(difference <= tolerance));
      assert.equal(failed, []);
      assert.is(comparisons.length, count, comparisons.map(({ what }) => what).join('\n'));
      // Small constants of the backend's kernels stay.
      assert.ok(tf.memory().numTensors <= before + 16, `${tf.memory().numTensors - before} tensors are left`);
    });
  }
}

const models = Object.keys(folders).filter((name) => !name.endsWith('-lora'));

golden('both forms of config.json describe the same decoder', () => {
  for (const name of models) {
    const folder = `${goldens}${name}`;
    assert.equal(decoderSpec(readConfigFields(folder, 'config.legacy.json')), decoderSpec(readConfigFields(folder)), name);
  }
});

/** Float32 values of a safetensors file's tensor, read another way: value by value from its bits. */
function valuesOf(file: string, name: string): number[] {
  const bytes = readFileSync(file);
  const header = Number(bytes.readBigUInt64LE());
  const entries = JSON.parse(bytes.subarray(8, 8 + header).toString()) as Record<string, { dtype: string; data_offsets: [number, number] }>;
  const { dtype, data_offsets: offsets } = entries[name]!;
  const [begin, end] = offsets.map((offset) => 8 + header + offset) as [number, number];
  const values: number[] = [];
  for (let at = begin; at < end; at += dtype === 'F32' ? 4 : 2) {
    if (dtype === 'F32') values.push(bytes.readFloatLE(at));
    else {
      const bits = bytes.readUInt16LE(at);
      const exponent = (bits >> 7) & 255;
      const fraction = (bits & 127) / 128;
      values.push((bits >> 15 ? -1 : 1) * (exponent === 0 ? fraction * 2 ** -126 : (1 + fraction) * 2 ** (exponent - 127)));
    }
  }
  return values;
}

golden('weights are loaded exactly, from bfloat16 and from shards too', async () => {
  if (!(await testBackend('tensorflow')) && !(await testBackend('wasm'))) return;
  for (const name of ['qwen2-untied', 'qwen2-tied-bf16', 'llama-gqa-llama3rope-sharded']) {
    const source = safetensorsSource(`${goldens}${name}`);
    const decoder = Decoder.load(decoderSpec(readConfigFields(`${goldens}${name}`)), source);
    assert.is(Object.keys(decoder.variables).length, source.tensors.size);
    for (const [weight, variable] of Object.entries(decoder.variables)) {
      assert.equal([...variable.dataSync()], valuesOf(source.tensors.get(weight)!.file!, weight), `${name}: ${weight}`);
    }
    decoder.dispose();
  }
});

for (const [backend, Engine] of [
  ['tensorflow', CompiledEngine],
  ['tensorflow', EagerEngine],
  ['wasm', EagerEngine],
] as const) {
  golden(`${Engine.name} trains on ${backend} by PyTorch's optimiser and transformers' schedules`, async () => {
    const tf = await testBackend(backend);
    if (!tf) return;
    for (const name of ['llama-smollm2', 'qwen3']) {
      const folder = openGolden(`${goldens}${name}`);
      const values = new GoldenValues(folder);
      const batch = goldenBatch(values);
      const constant = values.part('adamw_constant_lr')!;
      const cosine = values.part('adamw_cosine_warmup')!;
      const [beta1, beta2] = constant.numbers('betas');
      const optimizer = {
        name: 'adamw',
        betas: [beta1!, beta2!],
        epsilon: 1e-8,
        'weight-decay': 0.01,
        momentum: 0,
        nesterov: false,
      } as const;
      for (const { run, schedule, rate } of [
        { run: constant, rate: constant.number('lr_value'), schedule: { name: 'constant', 'warm-up': 0, final: 1 } as const },
        { run: cosine, rate: cosine.number('lr_value'), schedule: { name: 'cosine', 'warm-up': 2, final: 0 } as const },
      ]) {
        const decoder = Decoder.load(decoderSpec(readConfigFields(folder.folder)), safetensorsSource(folder.folder));
        const forward = (): Losses => {
          const caption = goldenLoss(decoder, decoder.embed(integers(batch.ids)), sequencesOf(batch, false), batch.labels!);
          return { caption, auxiliary: null, total: caption };
        };
        const groups = [{ variables: decoder.variables, learningRate: rate, weightDecay: 0.01 }];
        const options = { groups, forward, clip: 1, precision: 'fp32', optimizer: { ...optimizer, 'learning-rate': rate } } as const;
        const engine = new Engine({ ...options, engine: 'auto', 'check-engine': false });
        const expected = run.numbers('loss_before_step');
        for (const [step, value] of expected.entries()) {
          const learningRate = rate * learningRateFactor(schedule, step, expected.length);
          assert.ok(Math.abs(learningRate - run.numbers('lr')[step]!) < 1e-12, `${name}: learning rate ${learningRate} at step ${step}`);
          const { caption, gradientNorm } = await engine.step('captions', [{}], [learningRate]);
          assert.ok(Math.abs(caption! - value) < 1e-5, `${name}: loss ${caption} before step ${step}, expected ${value}`);
          const norm = run.numbers('grad_norm_before_clip')[step]!;
          assert.ok(
            Math.abs(gradientNorm - norm) < 5e-5 * norm,
            `${name}: gradient norm ${gradientNorm} at step ${step}, expected ${norm}`,
          );
        }
        engine.dispose();
        decoder.dispose();
      }
    }
  });
}

test.run();
