import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { faultOf } from '../../faults/testing/fault-of.js';
import { testBackend } from '../test-backend.js';
import { readConfigFields } from './config-fields.js';
import { checkWeights, loadWeights } from './load-weights.js';
import { safetensorsSource } from './safetensors-source.js';

const test = suite<{ folder: string }>();
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'mienlab-source-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

/** A file of tensors given as type, shape and raw bytes. */
function write(file: string, tensors: Record<string, { dtype: string; shape: number[]; bytes: Uint8Array }>): void {
  let offset = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => [
      name,
      { dtype, shape, data_offsets: [offset, (offset += bytes.length)] },
    ]),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(file, Buffer.concat([length, text, ...Object.values(tensors).map(({ bytes }) => bytes)]));
}

const floats = (...values: number[]) => ({ dtype: 'F32', shape: [values.length], bytes: new Uint8Array(Float32Array.from(values).buffer) });
const halves = (dtype: string, ...bits: number[]) => ({
  dtype,
  shape: [bits.length],
  bytes: new Uint8Array(Uint16Array.from(bits).buffer),
});

test('one file: tensors as float32, whatever their type', ({ folder }) => {
  write(join(folder, 'model.safetensors'), {
    a: floats(1.5, -2, 3e-40),
    b: halves('BF16', 0x3fc0, 0xc000, 0x0001, 0x7f80),
    c: halves('F16', 0x3e00, 0xc000, 0x0001, 0xfbff),
  });
  for (const source of [safetensorsSource(folder), safetensorsSource(join(folder, 'model.safetensors'))]) {
    assert.equal([...source.tensors.keys()], ['a', 'b', 'c']);
    assert.is(source.tensors.get('b')!.dtype, 'BF16');
    assert.equal([...source.read('a')], [1.5, -2, Math.fround(3e-40)]);
    assert.equal([...source.read('b')], [1.5, -2, 2 ** -133, Infinity]);
    assert.equal([...source.read('c')], [1.5, -2, 2 ** -24, -65504]);
  }
});

function sharded(folder: string, map: Record<string, string>): void {
  write(join(folder, 'x-1.safetensors'), { a: floats(1), b: floats(2, 3) });
  write(join(folder, 'x-2.safetensors'), { c: floats(4) });
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
}

test('shards: read as one, each tensor from its own file', ({ folder }) => {
  sharded(folder, { a: 'x-1.safetensors', c: 'x-2.safetensors', b: 'x-1.safetensors' });
  const source = safetensorsSource(folder);
  assert.equal(source.files, [join(folder, 'x-1.safetensors'), join(folder, 'x-2.safetensors')]);
  assert.equal([...source.read('b')], [2, 3]);
  assert.equal([...source.read('c')], [4]);
  assert.is(source.tensors.get('c')!.file, join(folder, 'x-2.safetensors'));
});

test('shards that are missing, lack a tensor, hold one twice, or lie outside are named', ({ folder }) => {
  sharded(folder, { a: 'x-1.safetensors', c: 'x-3.safetensors' });
  const missing = faultOf(() => safetensorsSource(folder));
  assert.equal([missing.code, missing.details.where!.source], ['ASSET_MISSING', join(folder, 'x-3.safetensors')]);
  sharded(folder, { a: 'x-1.safetensors', d: 'x-2.safetensors' });
  const lacking = faultOf(() => safetensorsSource(folder));
  assert.equal([lacking.code, lacking.details.tensor], ['CHECKPOINT_INVALID', 'd']);
  assert.match(lacking.message, 'x-2.safetensors');
  sharded(folder, { a: 'x-1.safetensors', b: 'x-2.safetensors', c: 'x-2.safetensors' });
  write(join(folder, 'x-2.safetensors'), { b: floats(0), c: floats(4) });
  assert.is(faultOf(() => safetensorsSource(folder)).details.tensor, 'b');
  sharded(folder, { a: '../x-1.safetensors' });
  assert.match(faultOf(() => safetensorsSource(folder)).message, '../x-1.safetensors');
  sharded(folder, {});
  assert.is(faultOf(() => safetensorsSource(folder)).code, 'CHECKPOINT_INVALID');
  writeFileSync(join(folder, 'model.safetensors.index.json'), '[');
  assert.is(faultOf(() => safetensorsSource(folder)).code, 'CHECKPOINT_INVALID');
});

test('no weights, a type that cannot be used, a name that is not there', ({ folder }) => {
  assert.is(faultOf(() => safetensorsSource(folder)).code, 'ASSET_MISSING');
  assert.is(faultOf(() => safetensorsSource(join(folder, 'nowhere'))).code, 'ASSET_MISSING');
  write(join(folder, 'model.safetensors'), { ids: { dtype: 'I8', shape: [2], bytes: Uint8Array.of(1, 2) }, weight: floats(1) });
  const source = safetensorsSource(folder);
  assert.match(faultOf(() => source.read('ids')).message, 'I8');
  assert.is(faultOf(() => source.read('weigth')).details.nearest, 'weight');
});

test('weights that are missing, of another shape or without a place are named before anything is loaded', async ({ folder }) => {
  write(join(folder, 'model.safetensors'), { a: floats(1, 2), b: floats(3), extra: floats(4) });
  const source = safetensorsSource(folder);
  const ignored = (name: string) => name === 'extra';
  checkWeights(source, { a: [2], b: [1] }, ignored);
  assert.is(faultOf(() => checkWeights(source, { a: [2], c: [1] }, ignored)).details.tensor, 'c');
  const shape = faultOf(() => checkWeights(source, { a: [1, 2], b: [1] }, ignored));
  assert.equal([shape.details.tensor, shape.details.expected], ['a', '[1, 2], by config.json']);
  assert.is(faultOf(() => checkWeights(source, { a: [2], b: [1] })).details.tensor, 'extra');
  const tf = await testBackend('cpu');
  if (!tf) return;
  const before = tf.memory().numTensors;
  assert.throws(() => loadWeights(source, { a: [2], c: [1] }));
  assert.is(tf.memory().numTensors, before, 'what was loaded before the fault is freed');
  const { a } = loadWeights(source, { a: [1, 2] });
  assert.equal(
    [[...a!.dataSync()], a!.shape],
    [
      [1, 2],
      [1, 2],
    ],
  );
  a!.dispose();
});

test('config fields say what they expected, and the key that may have been meant', ({ folder }) => {
  writeFileSync(join(folder, 'config.json'), '{"hiden_size": 3, "rope": {"factor": "x"}, "none": null}');
  const config = readConfigFields(folder);
  assert.is(faultOf(() => config.integer('hidden_size')).details.nearest, 'hiden_size');
  assert.is(faultOf(() => config.fields('rope')!.positive('factor')).details.key, 'rope.factor');
  assert.equal([config.integer('none', 4), config.fields('none'), config.has('none')], [4, null, false]);
  writeFileSync(join(folder, 'config.json'), '[1]');
  assert.is(faultOf(() => readConfigFields(folder)).code, 'CHECKPOINT_INVALID');
  assert.is(faultOf(() => readConfigFields(join(folder, 'nowhere'))).code, 'ASSET_MISSING');
});

test.run();
