import type { Tensor4D, Tensor5D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PluginConfig, PluginManifest } from 'mienlab/contracts';
import type { Fault } from 'mienlab/faults';
import { defaultConfig, withNested } from 'mienlab/plugin';
import { encoderConforms, frozenEncoderConforms, manifestConforms, sourceFolder, testBackend, testContext } from 'mienlab/conformance';
import { faceThere, pickFaces, spreadSteps } from './pick-steps.js';
import plugin from './plugin.js';
import { cellEncoder } from './testing/cell-encoder.js';

manifestConforms(plugin, sourceFolder(import.meta.url));

const scene = cellEncoder('scene', { side: 8, cells: 4, width: 5 });
const close = cellEncoder('close', { side: 6, cells: 2, width: 3 });
const nest = (frames: PluginManifest<'encoder'>, faces?: PluginManifest<'encoder'>, config: PluginConfig = { gain: 1 }) =>
  withNested(plugin, { 'frame-encoder': { manifest: frames, config }, ...(faces && { 'face-encoder': { manifest: faces, config } }) });

encoderConforms(nest(scene));
for (const computes of ['frozen', 'elsewhere'] as const) {
  const [frames, faces] = ([8, 6] as const).map((side) => cellEncoder(computes, { side, cells: 2, width: 3, computes }));
  frozenEncoderConforms(nest(frames!, faces!), { 'face-steps': 1, 'face-tokens': 1 });
}
encoderConforms(nest(scene, close), { 'frame-tokens': 4, 'face-tokens': 1, 'face-steps': 2, 'without-face': 'learned' });
encoderConforms(nest(scene, close), { 'frame-steps': 1, 'without-face': 'skip', separators: true, order: 'faces-first' });

const ports = (principal: number) => ({
  frames: { type: 'frames', dims: { count: 8, height: 8, width: 8 } },
  tracks: { type: 'tracks', dims: { principal } },
});
const options = (overrides: PluginConfig) => ({ ...defaultConfig(plugin.config), ...overrides });
const crops = (side: number) => ({ type: 'faces', dims: { count: 8, height: side, width: side } });

function faultOf(call: () => unknown): [string, string | undefined] {
  try {
    call();
  } catch (error) {
    return [(error as Fault).code, (error as Fault).details.key];
  }
  throw new Error('nothing was thrown');
}

test('its ports say what each budget leaves, and how the projector is to order it', () => {
  const budgets = { 'frame-steps': 2, 'frame-tokens': 4, 'face-tokens': 1, order: 'interleaved', separators: true };
  const port = nest(scene, close).produces(options(budgets), ports(1));
  assert.is(port.order, 'interleaved');
  const frames = { time: 2, 'frame-tokens': 4, width: 5, 'frame-rows': 2, separators: 1 };
  assert.equal(port.dims, { ...frames, 'face-tokens': 1, 'face-time': 8, 'face-width': 3, 'face-rows': 1 });
  assert.equal(nest(scene, close).produces(options(budgets), ports(0)).dims, { ...frames, 'face-tokens': 0 });
  assert.equal(nest(scene, close).input!(options({})), { frame: { height: 8, width: 8 }, face: { height: 6, width: 6 } });
  assert.equal(nest(scene).input!(options({})).face, { height: 8, width: 8 });
});

test('what does not fit is named where it stands, within the nested block too', () => {
  const produce = (overrides: PluginConfig, manifest = nest(scene, close)) =>
    faultOf(() => manifest.produces(options(overrides), ports(1)));
  assert.equal(produce({ 'frame-tokens': 3 }), ['PORT_MISMATCH', 'encoder.frame-tokens']);
  assert.equal(produce({ 'face-tokens': 5 }), ['PORT_MISMATCH', 'encoder.face-tokens']);
  assert.equal(produce({ 'face-steps': 9 }), ['PORT_MISMATCH', 'encoder.face-steps']);
  assert.equal(produce({}, nest(scene, close, { gain: 0 })), ['PORT_MISMATCH', 'encoder.frame-encoder.gain']);
});

test('it is frozen where both encoders are and nothing stands for a missing face; its version tells theirs', () => {
  const [frozen, elsewhere] = (['frozen', 'elsewhere'] as const).map((computes) =>
    cellEncoder(computes, { side: 6, cells: 2, width: 3, computes }),
  );
  assert.is(nest(frozen!, elsewhere!).frozen!(options({ separators: true })), true);
  assert.is(nest(frozen!, elsewhere!).frozen!(options({ 'without-face': 'learned' })), false);
  assert.is(nest(scene, elsewhere!).frozen!(options({})), false);
  assert.is(nest(scene, close).version, '1.0.0+frame-encoder.scene.1.2.3.face-encoder.close.1.2.3');
});

test('steps are spread over the clip', () => {
  assert.equal(spreadSteps(8, 8), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(spreadSteps(8, 2), [2, 6]);
  assert.equal(spreadSteps(5, 3), [0, 2, 4]);
});

for (const backend of ['cpu', 'wasm', 'tensorflow'] as const) {
  test(`steps without a face are left out, on ${backend}`, async () => {
    const tf = await testBackend(backend);
    if (!tf) return;
    // Crops of one pixel: the number of the step, black where there is no face.
    const clips = [
      [0, 2, 0, 0, 5, 6],
      [1, 2, 3, 4, 5, 6],
      [0, 0, 0, 0, 0, 0],
    ];
    const values = clips.flatMap((clip) => clip.flatMap((value) => [0, value, 0]));
    const { four, two, there } = tf.tidy(() => {
      const crops = tf.tensor5d(values, [3, 6, 1, 1, 3]);
      const picked = (steps: number) => tf.max(pickFaces(crops, steps), 4).reshape([3, steps]).arraySync();
      return { four: picked(4), two: picked(2), there: faceThere(crops).arraySync() } as unknown as Record<string, number[][]>;
    });
    assert.equal(four, [
      [2, 5, 5, 6],
      [1, 3, 4, 6],
      [0, 0, 0, 0],
    ]);
    assert.equal(two, [
      [2, 6],
      [2, 5],
      [0, 0],
    ]);
    assert.equal(there, [
      [0, 1, 0, 0, 1, 1],
      [1, 1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0, 0],
    ]);
  });
}

/** 8 steps of random pixels; the face is missing in the first. */
async function pixels() {
  const tf = (await testBackend('auto'))!;
  const bytes = (side: number, seed: number) =>
    tf.tidy(() => Uint8Array.from(tf.randomUniform([8 * side * side * 3], 1, 255, 'int32', seed).dataSync()));
  const faces = bytes(6, 2).fill(0, 0, 6 * 6 * 3);
  return { frames: { data: bytes(8, 1), shape: [1, 8, 8, 8, 3] }, faces: { data: faces, shape: [1, 8, 6, 6, 3] } };
}

test('what encoders compute elsewhere is what they compute in the step', async () => {
  const tf = (await testBackend('auto'))!;
  const input = await pixels();
  const config = options({ 'frame-steps': 4, 'frame-tokens': 4, 'face-tokens': 1, 'face-steps': 3, 'without-face': 'skip' });
  const found = [];
  for (const computes of ['frozen', 'elsewhere'] as const) {
    const manifest = nest(
      cellEncoder('frozen', { side: 8, cells: 4, width: 3, computes: 'frozen' }),
      cellEncoder('other', { side: 6, cells: 2, width: 3, computes }),
    );
    const encoder = await manifest.create(testContext(), config, { ports: { frames: ports(1).frames, faces: crops(6) } });
    assert.is(encoder.extract !== undefined, computes === 'elsewhere');
    const before = tf.memory().numTensors;
    if (encoder.extract) {
      const { frames, faces } = await encoder.extract(input);
      assert.equal(
        [frames.shape, faces!.shape],
        [
          [1, 4, 4, 3],
          [1, 3, 1, 3],
        ],
      );
      found.push([[...frames.data], [...faces!.data]]);
      assert.is(tf.memory().numTensors, before, 'tensors are left behind');
    } else {
      const tensors = tf.tidy(() => {
        const [frames, faces] = [input.frames, input.faces].map<Tensor5D>(({ data, shape }) =>
          tf.tensor5d(Float32Array.from(data), shape as [number, number, number, number, number]),
        );
        return encoder.encode({ frames: frames!, faces: faces! }) as unknown as Record<string, Tensor4D>;
      });
      found.push([[...tensors['frames']!.dataSync()], [...tensors['faces']!.dataSync()]]);
      tf.dispose(tensors);
    }
    encoder.dispose();
  }
  assert.equal(found[1], found[0]);
});

test('a face that is missing is the learned vector, whatever the encoder says of black', async () => {
  const tf = (await testBackend('auto'))!;
  const input = await pixels();
  const config = options({ 'without-face': 'learned', 'face-tokens': 1 });
  const encoder = await nest(scene, close).create(testContext(), config, { ports: { frames: ports(1).frames, faces: crops(6) } });
  const rows = tf.tidy(() => {
    const [frames, faces] = [input.frames, input.faces].map<Tensor5D>(({ data, shape }) =>
      tf.tensor5d(Float32Array.from(data), shape as [number, number, number, number, number]),
    );
    return encoder.encode({ frames: frames!, faces: faces! }).faces!.reshape([8, 3]).arraySync() as number[][];
  });
  assert.equal(rows[0], [...encoder.variables['no-face']!.dataSync()]);
  assert.not.equal(rows[1], rows[0]);
  assert.equal(Object.keys(encoder.variables), ['frame-encoder.weights', 'face-encoder.weights', 'no-face']);
  encoder.dispose();
});

test('an encoder that computes elsewhere cannot stand beside one that is trained', async () => {
  const elsewhere = cellEncoder('elsewhere', { side: 6, cells: 2, width: 3, computes: 'elsewhere' });
  try {
    await nest(scene, elsewhere).create(testContext(), options({}), { ports: { frames: ports(1).frames, faces: crops(6) } });
    assert.unreachable();
  } catch (error) {
    assert.equal([(error as Fault).code, (error as Fault).details.key], ['CONFIG_VALUE', 'encoder.face-encoder']);
  }
});

test.run();
