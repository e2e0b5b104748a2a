import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Encoder, HostArray } from 'mienlab/contracts';
import { frozenEncoderConforms, manifestConforms, sourceFolder, testContext } from 'mienlab/conformance';
import { Fault } from 'mienlab/faults';
import { defaultConfig, seededRandom } from 'mienlab/plugin';
import { keptPackagePath } from 'mienlab/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { echoModel, onnxBytes, patchModel, type PatchModel } from './onnx-bytes.js';
import plugin from './plugin.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-onnx-'));
test.after(() => rmSync(folder, { recursive: true }));
let count = 0;

function keep(bytes: Uint8Array): string {
  const path = join(folder, `model-${++count}.onnx`);
  writeFileSync(path, bytes);
  return path;
}

const configOf = (bytes: Uint8Array, options: object = {}) => ({ ...defaultConfig(plugin.config), path: keep(bytes), ...options });
const portsOf = (config: Record<string, unknown>) => {
  const { height, width } = plugin.input!(config).frame;
  return { frames: { type: 'frames', dims: { count: 1, height, width } }, faces: null };
};

const random = seededRandom(1);
const [patch, width] = [4, 5];
const filter = Float32Array.from({ length: width * 3 * patch * patch }, () => random.normal());
const patches = (options: Partial<PatchModel> = {}) => patchModel(filter, { width, patch, ...options });

manifestConforms(plugin, sourceFolder(import.meta.url));

async function faultOf(work: () => unknown): Promise<Fault> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('no fault was thrown');
}

/** The fault of looking at the model before a run. */
const planFault = (bytes: Uint8Array, options: object = {}) =>
  faultOf(() => plugin.produces(configOf(bytes, options), { frames: { type: 'frames', dims: { count: 1 } } }));

test('sizes are known from the file alone', () => {
  const tracks = { type: 'tracks', dims: { principal: 1 } };
  const frames = { type: 'frames', dims: { count: 8 } };
  const dims = (bytes: Uint8Array, options: object = {}) => plugin.produces(configOf(bytes, options), { frames, tracks }).dims;
  assert.equal(dims(patches()), { time: 8, 'frame-tokens': 6, 'face-tokens': 6, width: 5 });
  assert.equal(dims(patches(), { output: 'map', 'drop-tokens': 1 }), { time: 8, 'frame-tokens': 5, 'face-tokens': 5, width: 5 });
  assert.equal(dims(patches({ tokens: 'n' }), { tokens: 6 }), { time: 8, 'frame-tokens': 6, 'face-tokens': 6, width: 5 });
  assert.equal(dims(echoModel(['n', 2, 4, 3], 24)), { time: 8, 'frame-tokens': 1, 'face-tokens': 1, width: 24 });
  assert.equal(plugin.input!(configOf(patches(), { 'shortest-edge': 9 })), {
    frame: { height: 8, width: 12, filter: 'bicubic', fit: { shortestEdge: 9 } },
    face: { height: 8, width: 12, filter: 'bicubic' },
  });
  const open = configOf(patches({ sides: ['height', 'width'], tokens: 'n' }), { 'image-height': 8, 'image-width': 16, tokens: 8 });
  assert.equal([plugin.input!(open).frame.height, plugin.input!(open).frame.width], [8, 16]);
});

test('what does not fit is named before the run, with the option that would settle it', async () => {
  const two = onnxBytes({
    inputs: [
      { name: 'input_ids', type: 7, dims: ['batch', 'length'] },
      { name: 'pixel_values', dims: ['batch', 3, 8, 8] },
    ],
    outputs: [{ name: 'y', dims: ['batch', 4] }],
    nodes: [],
  });
  const cases: [Uint8Array, object, string, RegExp, string][] = [
    [two, { input: 'pixel_values' }, 'PORT_MISMATCH', /must be given input_ids: int64 \[batch, length\] and pixel_values/, 'encoder.input'],
    [patches(), { input: 'pixels' }, 'CONFIG_VALUE', /no input "pixels"/, 'encoder.input'],
    [patches(), { output: 'token' }, 'CONFIG_VALUE', /no output "token"/, 'encoder.output'],
    [patches({ sides: ['h', 'w'] }), {}, 'PORT_MISMATCH', /leaves image-height open/, 'encoder.image-height'],
    [patches({ sides: [8, 'w'] }), {}, 'PORT_MISMATCH', /leaves image-width open/, 'encoder.image-width'],
    [patches(), { 'image-height': 16 }, 'PORT_MISMATCH', /image-height is 16, but the model has/, 'encoder.image-height'],
    [patches({ tokens: 'n' }), {}, 'PORT_MISMATCH', /leaves tokens open/, 'encoder.tokens'],
    [echoModel([1, 3, 4, 4], 'w'), {}, 'PORT_MISMATCH', /leaves width open/, 'encoder.width'],
    [echoModel([1, 1, 4, 4], 16), {}, 'PORT_MISMATCH', /images here have 3 channels/, 'encoder.input'],
    [echoModel([1, 4, 4, 4], 64), { layout: 'nchw' }, 'PORT_MISMATCH', /4 channels/, 'encoder.layout'],
    [echoModel([1, 'c', 4, 4], 48), {}, 'PORT_MISMATCH', /which axis of/, 'encoder.layout'],
    [echoModel([1, 3, 4, 4], 48, 10), {}, 'PORT_MISMATCH', /takes pixels: float16/, 'encoder.input'],
    [echoModel([1, 3, 16], 48), {}, 'PORT_MISMATCH', /takes pixels: float32 \[1, 3, 16\]/, 'encoder.input'],
    [patches(), { 'drop-tokens': 6 }, 'PORT_MISMATCH', /of 6 tokens of an image none is left/, 'encoder.drop-tokens'],
  ];
  for (const [bytes, options, code, message, key] of cases) {
    const fault = await planFault(bytes, options);
    assert.is(fault.code, code, String(message));
    assert.match(fault.message, message);
    assert.is(fault.details.key, key);
  }
  assert.is((await planFault(patches(), { output: 'token' })).details.nearest, 'tokens');
});

async function tokensOf(config: Record<string, unknown>, frames: HostArray): Promise<HostArray> {
  const encoder = (await plugin.create(testContext(), config, { ports: portsOf(config) })) as Encoder;
  const tokens = await encoder.extract!({ frames, faces: null });
  encoder.dispose();
  return tokens.frames;
}

function pixels(images: number, height: number, columns: number): HostArray {
  const data = Uint8Array.from({ length: images * height * columns * 3 }, () => random.integer(256));
  return { data, shape: [images, 1, height, columns, 3] };
}

function isSetUp(): boolean {
  try {
    return keptPackagePath('onnxruntime', 'package.json') !== '';
  } catch (error) {
    console.log(`the rest is skipped: ${(error as Fault).message}; ${(error as Fault).details.hint}`);
    return false;
  }
}

if (isSetUp()) {
  frozenEncoderConforms(plugin, configOf(patches()));
  frozenEncoderConforms(plugin, configOf(patches({ batch: 2 }), { output: 'map' }));

  test('pixels arrive rescaled, normalised, in the order of axes and colours that is asked for, or as bytes', async () => {
    const image = pixels(2, 4, 5);
    const at = (i: number, y: number, x: number, c: number) => image.data[((i * 4 + y) * 5 + x) * 3 + c]!;
    const options = { 'image-mean': [0.1, 0.2, 0.3], 'image-std': [0.5, 0.6, 0.7] };
    const normal = (i: number, y: number, x: number, c: number) => (at(i, y, x, c) / 255 - (c + 1) / 10) / (0.5 + c / 10);
    const expected = (value: typeof at, channelsFirst: boolean, colours: readonly number[]) => {
      const out: number[] = [];
      for (const i of [0, 1]) {
        if (channelsFirst) for (const c of colours) for (let y = 0; y < 4; y++) for (let x = 0; x < 5; x++) out.push(value(i, y, x, c));
        else for (let y = 0; y < 4; y++) for (let x = 0; x < 5; x++) for (const c of colours) out.push(value(i, y, x, c));
      }
      return out;
    };
    const cases: [(number | string)[], number, object, number[]][] = [
      [['n', 3, 4, 5], 1, options, expected(normal, true, [0, 1, 2])],
      [['n', 3, 4, 5], 1, { ...options, channels: 'bgr' }, expected(normal, true, [2, 1, 0])],
      [['n', 4, 5, 3], 1, options, expected(normal, false, [0, 1, 2])],
      [['n', 4, 5, 3], 2, { ...options, channels: 'bgr' }, expected(at, false, [2, 1, 0])],
    ];
    for (const [shape, type, config, wanted] of cases) {
      const { data } = await tokensOf(configOf(echoModel(shape, 60, type), config), image);
      assert.is(data.length, wanted.length);
      wanted.forEach((value, i) => assert.ok(Math.abs(data[i]! - value) < 1e-5 * Math.max(1, value), `${shape.join()} at ${i}`));
    }
  });

  test('tokens and maps are patches in reading order, whatever the batch, and leading ones can be dropped', async () => {
    const image = pixels(3, 8, 12);
    const expected: number[] = [];
    for (let i = 0; i < 3; i++)
      for (let row = 0; row < 2; row++)
        for (let column = 0; column < 3; column++)
          for (let c = 0; c < width; c++) {
            let sum = 0;
            for (let colour = 0; colour < 3; colour++)
              for (let y = 0; y < patch; y++)
                for (let x = 0; x < patch; x++) {
                  const byte = image.data[((i * 8 + row * patch + y) * 12 + column * patch + x) * 3 + colour]!;
                  sum += (byte / 127.5 - 1) * filter[((c * 3 + colour) * patch + y) * patch + x]!;
                }
            expected.push(sum);
          }
    const models = [patches(), patches({ batch: 2 }), patches({ batch: 4 }), patches({ batch: 'n', sides: ['h', 'w'], tokens: 't' })];
    for (const model of models)
      for (const output of ['tokens', 'map'])
        for (const batch of [1, 2, 8]) {
          const options = { output, batch, 'image-height': 8, 'image-width': 12, tokens: 6 };
          const { data, shape } = await tokensOf(configOf(model, options), image);
          assert.equal(shape, [3, 1, 6, width]);
          expected.forEach((value, i) => assert.ok(Math.abs(data[i]! - value) < 1e-4, `${output}, batch ${batch}, at ${i}`));
        }
    const { data } = await tokensOf(configOf(patches(), { 'drop-tokens': 2 }), image);
    const left = expected.filter((_, i) => Math.floor(i / width) % 6 >= 2);
    left.forEach((value, i) => assert.ok(Math.abs(data[i]! - value) < 1e-4));
  });

  test('an answer that is not what was said, a model that ONNX Runtime refuses, images of another size', async () => {
    const opened = (config: Record<string, unknown>) => faultOf(() => plugin.create(testContext(), config, { ports: portsOf(config) }));
    const wrong = await opened(configOf(patches({ tokens: 'n' }), { tokens: 7 }));
    assert.is(wrong.code, 'PORT_MISMATCH');
    assert.match(wrong.message, /gives tokens \[1, 6, 5\] of 1 images/);
    const parts = { inputs: [{ name: 'x', dims: [1, 3, 4, 4] }], outputs: [{ name: 'y', dims: [1, 4] }] };
    const unknown = await opened(configOf(onnxBytes({ ...parts, nodes: [{ op: 'Frobnicate', inputs: ['x'], output: 'y' }] })));
    assert.is(unknown.code, 'CHECKPOINT_INVALID');
    assert.match(unknown.message, /ONNX Runtime does not take .*Frobnicate/);
    const failing = { op: 'Reshape', inputs: ['x', 'to'], output: 'y' };
    const weights = { to: { dims: [2], data: BigInt64Array.of(7n, 7n) } };
    const model = onnxBytes({
      inputs: [{ name: 'x', dims: ['n', 3, 'h', 4] }],
      outputs: [{ name: 'y', dims: [7, 7] }],
      nodes: [failing],
      weights,
    });
    const broken = await opened(configOf(model, { 'image-height': 4 }));
    assert.is(broken.code, 'PLUGIN_FAILED');
    assert.match(broken.message, /fails on 1 images of 4 x 4/);
    const other = await faultOf(() => tokensOf(configOf(patches()), pixels(1, 8, 8)));
    assert.is(other.code, 'TENSOR_SHAPE');
    const encoder = (await plugin.create(testContext(), configOf(patches()), { ports: portsOf(configOf(patches())) })) as Encoder;
    assert.match((await faultOf(() => encoder.encode({} as never))).message, /computes outside the tensor library/);
    encoder.dispose();
  });
}

test('without ONNX Runtime it says which part of set-up is missing', async () => {
  const before = process.env['MIENLAB_CACHE'];
  process.env['MIENLAB_CACHE'] = folder;
  try {
    const config = configOf(patches());
    const fault = await faultOf(() => plugin.create(testContext(), config, { ports: portsOf(config) }));
    assert.is(fault.code, 'ASSET_MISSING');
    assert.is(fault.details.hint, 'run "mienlab setup --only onnxruntime"');
  } finally {
    if (before === undefined) delete process.env['MIENLAB_CACHE'];
    else process.env['MIENLAB_CACHE'] = before;
  }
});

test.run();
