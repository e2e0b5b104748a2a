import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { seededRandom } from '../framework/plugin/index.js';
import { readConfigFields, safetensorsSource, writeSafetensors, type StoredTensor } from '../framework/tensor/index.js';
import { decoderSpec } from '../plugins/llm-heads/causal-lm/checkpoint-config.js';
import { readAdapter } from '../plugins/llm-heads/causal-lm/lora/read-adapter.js';
import { tinyCheckpoint } from '../plugins/llm-heads/causal-lm/testing/tiny-checkpoint.js';
import { decoderWeightShapes } from '../plugins/llm-heads/causal-lm/weight-shapes.js';
import { freshFolder, mienlab } from './mienlab.js';

const folder = freshFolder();
test.after(() => rmSync(folder, { recursive: true, force: true }));
const base = join(folder, 'base');
tinyCheckpoint(base);
const shapes = decoderWeightShapes(decoderSpec(readConfigFields(base)));
const layer = 'model.layers.1.self_attn.v_proj';
const rank = 2;

function tensor(seed: string, shape: readonly number[]): StoredTensor {
  const random = seededRandom(1).fork(seed);
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.fround(random.normal())) };
}

/** A checkpoint folder as a run leaves it. */
function checkpoint(name: string, head: Record<string, unknown>, weights: Record<string, StoredTensor>): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'config.yaml'), stringify({ 'llm-head': { name: 'causal-lm', path: base, adapter: '', lora: null, ...head } }));
  const tensors = Object.fromEntries(Object.entries(weights).map(([key, value]) => [`llm-head/${key}`, value]));
  writeSafetensors(join(path, 'model.safetensors'), { ...tensors, 'projector/up': tensor('up', [2]) }, { format: 'mienlab-checkpoint-2' });
  return path;
}

const [out, width] = shapes[`${layer}.weight`] as [number, number];
const a = tensor('a', [rank, width]);
const b = tensor('b', [out, rank]);
const lora = { rank, alpha: 6, dropout: 0.1, targets: ['v_proj'], layers: [1], 'rank-stabilised': false };
const tuned = checkpoint('tuned', { lora }, { [`${layer}.lora_A.weight`]: a, [`${layer}.lora_B.weight`]: b });

test('a tuned adapter becomes a PEFT folder', async () => {
  const target = join(folder, 'adapter');
  const said = await mienlab(['export', tuned, target], folder);
  assert.equal([said.code, said.stderr], [0, '']);
  assert.match(said.stdout, `a PEFT adapter for ${base}, 1 layers of rank 2`);
  const { config, pairs, base: named } = readAdapter(target, shapes);
  assert.is(named, base);
  assert.equal([config.rank, config.alpha, config.dropout, config.layers], [2, 6, 0.1, [1]]);
  assert.equal([...pairs.keys()], [layer]);
  const pair = pairs.get(layer)!;
  assert.equal([pair.scaling, pair.a, pair.b], [3, a.data, b.data]);
});

test('merged, it becomes a checkpoint with its tokenizer', async () => {
  const target = join(folder, 'merged');
  const said = await mienlab(['export', tuned, target, '--merged'], folder);
  assert.equal([said.code, said.stderr], [0, '']);
  const [before, after] = [safetensorsSource(base), safetensorsSource(target)];
  assert.equal([...after.tensors.keys()].sort(), Object.keys(shapes).sort());
  const other = 'model.layers.0.self_attn.v_proj.weight';
  assert.equal(after.read(other), before.read(other));
  const weight = before.read(`${layer}.weight`);
  after.read(`${layer}.weight`).forEach((value, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const added = 3 * (b.data[row * rank]! * a.data[column]! + b.data[row * rank + 1]! * a.data[width + column]!);
    assert.ok(Math.abs(value - weight[i]! - added) < 1e-5, `${value}, expected ${weight[i]! + added}`);
  });
  assert.equal(readFileSync(join(target, 'tokenizer.json'), 'utf8'), readFileSync(join(base, 'tokenizer.json'), 'utf8'));
});

test('where the weights themselves were tuned, the whole model is written', async () => {
  const name = 'model.layers.0.mlp.up_proj.weight';
  const path = checkpoint('whole', {}, { [name]: tensor('up', shapes[name]!) });
  const target = join(folder, 'exported');
  assert.is((await mienlab(['export', path, target], folder)).code, 0);
  assert.equal(safetensorsSource(target).read(name), tensor('up', shapes[name]!).data);
  assert.equal(safetensorsSource(target).read('model.norm.weight'), safetensorsSource(base).read('model.norm.weight'));
});

test('what is no checkpoint, or of a head that nobody else reads, is a fault', async () => {
  const nothing = await mienlab(['export', base, join(folder, 'x')], folder);
  assert.is(nothing.code, 2);
  assert.match(nothing.stderr, /config\.yaml is not there/);
  const own = await mienlab(['export', checkpoint('own', { name: 'tiny-decoder' }, {}), join(folder, 'x')], folder);
  assert.is(own.code, 2);
  assert.match(own.stderr, /tiny-decoder is mienlab's own/);
  assert.not(existsSync(join(folder, 'x')));
});

test.run();
