import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor3D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GenerateOptions } from 'mienlab/contracts';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { initialAdapter, tidy, toTensors } from 'mienlab/tensor';
import { llmHeadConforms, manifestConforms, sourceFolder, testBackend, testContext } from 'mienlab/conformance';
import { openCheckpoint } from './checkpoint.js';
import { writeAdapter } from './lora/write-adapter.js';
import plugin from './plugin.js';
import { tinyCheckpoint } from './testing/tiny-checkpoint.js';
import { decoderWeightShapes } from './weight-shapes.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-causal-lm-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'model');
tinyCheckpoint(path);

manifestConforms(plugin, sourceFolder(import.meta.url));
llmHeadConforms(plugin, { path });

const port = (tokens: number) => ({ type: 'embeddings', dims: { tokens, hidden: 24 } });
const make = (options: Record<string, unknown> = {}) =>
  plugin.create(testContext(3), { ...defaultConfig(plugin.config), path, ...options }, { ports: { embeddings: port(4) }, corpus: [] });
const samples = [
  { instruction: 'What?', answer: 'A man smiles.' },
  { instruction: 'Describe the clip.', answer: 'A woman looks to the left, then she nods.' },
];
const greedy: GenerateOptions = { maxNewTokens: 8, temperature: 0, topK: 0, topP: 1, seed: 0 };

test('loss and texts are the same on every backend, alone and in a batch, greedy and by beams', async () => {
  const losses: number[] = [];
  const texts: string[][] = [];
  for (const backend of ['cpu', 'wasm', 'tensorflow'] as const) {
    const tf = await testBackend(backend);
    if (!tf) continue;
    const head = await make();
    const visual = tf.randomNormal([2, 4, 24], 0, 1, 'float32', 1) as Tensor3D;
    losses.push(tidy(() => head.loss(toTensors(head.prepare(samples, 4)), visual).dataSync()[0]!));
    const together = await head.generate(samples, visual, greedy);
    const beams = await head.generate(samples, visual, { ...greedy, beams: 3 });
    for (const [i, sample] of samples.entries()) {
      const own = tf.slice(visual, [i, 0, 0], [1, 4, 24]) as Tensor3D;
      assert.equal(await head.generate([sample], own, greedy), [together[i]]);
      assert.equal(await head.generate([sample], own, { ...greedy, beams: 3 }), [beams[i]]);
      own.dispose();
    }
    texts.push([...together, ...beams]);
    visual.dispose();
    head.dispose();
  }
  for (const loss of losses) assert.ok(Math.abs(loss - losses[0]!) < 1e-5, losses.join());
  for (const one of texts) assert.equal(one, texts[0]);
});

test('with LoRA the additions alone are variables; an adapter folder goes before its settings; a fresh one changes nothing', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const shapes = decoderWeightShapes(openCheckpoint(path).spec);
  const settings = { rank: 2, alpha: 4, dropout: 0.5, targets: ['q_proj', 'down_proj'], layers: [1], 'rank-stabilised': false };
  const visual = tf.randomNormal([2, 4, 24], 0, 1, 'float32', 1) as Tensor3D;
  const lossOf = async (options: Record<string, unknown>, seed?: number) => {
    const head = await make(options);
    const names = Object.keys(head.variables);
    const value = tidy(() => {
      const batch = toTensors(head.prepare(samples, 4));
      return head.loss(seed === undefined ? batch : { ...batch, seed: tf.scalar(seed, 'int32') }, visual).dataSync()[0]!;
    });
    head.dispose();
    return { value, names };
  };
  const plain = await lossOf({});
  const fresh = await lossOf({ lora: settings });
  assert.is(fresh.value, plain.value);
  assert.equal(
    fresh.names,
    ['self_attn.q_proj', 'mlp.down_proj'].flatMap((layer) => ['A', 'B'].map((half) => `model.layers.1.${layer}.lora_${half}.weight`)),
  );
  const config = { rank: 3, alpha: 3, dropout: 0.5, targets: ['v_proj'], layers: undefined, rankStabilised: false };
  const adapter = initialAdapter(shapes, config, testContext(5).random);
  for (const { b } of adapter.pairs.values()) b.fill(0.3);
  const kept = join(folder, 'adapter');
  writeAdapter(kept, adapter, shapes, path);
  const adapted = await lossOf({ lora: settings, adapter: kept });
  assert.is(adapted.names.length, 4);
  assert.ok(adapted.names.every((name) => name.includes('v_proj')) && adapted.value !== plain.value);
  const dropped = await Promise.all([1, 1, 2].map((seed) => lossOf({ adapter: kept }, seed)));
  assert.is(dropped[0]!.value, dropped[1]!.value);
  assert.ok(dropped[0]!.value !== dropped[2]!.value && dropped[0]!.value !== adapted.value);
  visual.dispose();
});

test('sizes come from the checkpoint; what does not fit, or is not there, is a fault before the run', async () => {
  const config = { ...defaultConfig(plugin.config), path };
  assert.equal(plugin.limits!(config), { contextLength: 128, hidden: 24 });
  assert.equal(plugin.limits!({ ...config, 'context-length': 40 }), { contextLength: 40, hidden: 24 });
  const codeOf = async (body: () => unknown) => {
    try {
      await body();
    } catch (error) {
      return (error as Fault).code;
    }
    return 'none';
  };
  assert.is(await codeOf(() => plugin.produces(config, { embeddings: port(127) })), 'PORT_MISMATCH');
  assert.is(await codeOf(() => plugin.limits!({ ...config, path: join(folder, 'nowhere') })), 'ASSET_MISSING');
  if (!(await testBackend('auto'))) return;
  assert.is(await codeOf(async () => (await make({ 'context-length': 20 })).prepare(samples, 4)), 'SAMPLE_INVALID');
  const small = join(folder, 'small');
  tinyCheckpoint(small, { vocab_size: 130, eos_token_id: 129 });
  assert.is(await codeOf(() => make({ path: small })), 'CHECKPOINT_INVALID');
  assert.is(await codeOf(() => make({ template: '{{ nothing' })), 'TEMPLATE_INVALID');
  assert.is(await codeOf(() => make({ lora: { rank: 2, alpha: 4, dropout: 0, targets: ['qproj'], layers: [] } })), 'CONFIG_VALUE');
});

test.run();
