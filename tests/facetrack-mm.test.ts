import type { Tensor, Tensor5D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testContext } from '../framework/plugin/conformance/index.js';
import { defaultConfig, seededRandom, withNested } from '../framework/plugin/index.js';
import { CompiledGraph, GraphBuilder, GraphVariables, trace } from '../framework/tensor/index.js';
import { testBackend } from '../framework/tensor/test-backend.js';
import facetrackMm from '../plugins/encoders/facetrack-mm/plugin.js';
import tinyVit from '../plugins/encoders/tiny-vit/plugin.js';

const time = 5;
const frames = { data: pixels(2 * time * 16 * 24 * 3, 1), shape: [2, time, 16, 24, 3] };
const faces = { data: pixels(2 * time * 16 * 16 * 3, 2), shape: [2, time, 16, 16, 3] };
// Of the first clip no face in the first two steps.
faces.data.fill(0, 0, 2 * 16 * 16 * 3);

function pixels(count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => random.integer(256));
}

const scene = { 'frame-height': 16, 'frame-width': 24, 'crop-size': 16, patch: 8, width: 6, heads: 2 };
const close = { 'frame-height': 16, 'frame-width': 16, patch: 4, width: 4, heads: 2, layers: 1 };
const ports = {
  frames: { type: 'frames', dims: { count: time, height: 16, width: 24 } },
  faces: { type: 'faces', dims: { count: time, height: 16, width: 16 } },
};

async function make(shared: boolean, overrides: object) {
  const nested = (config: object) => ({ manifest: tinyVit, config: { ...defaultConfig(tinyVit.config), ...config } });
  const manifest = withNested(facetrackMm, { 'frame-encoder': nested(scene), ...(!shared && { 'face-encoder': nested(close) }) });
  return manifest.create(testContext(), { ...defaultConfig(facetrackMm.config), ...overrides }, { ports });
}

for (const [what, shared, overrides] of [
  ['one tower', true, { 'face-steps': 2, 'frame-tokens': 2 }],
  ['two towers, learned', false, { 'without-face': 'learned', 'face-tokens': 4, 'frame-steps': 1 }],
  ['two towers, skip', false, { 'without-face': 'skip', 'face-steps': 3 }],
] as const) {
  test(`${what}: compiled, its tokens and their gradients are those of the calls themselves`, async () => {
    const tf = await testBackend('tensorflow');
    if (!tf) return;
    const encoder = await make(shared, overrides);
    const variables = Object.values(encoder.variables);
    const all = (given: { frames: Tensor; faces: Tensor }): Tensor[] => {
      let kept: Tensor[] = [];
      const { grads } = tf.variableGrads(() => {
        const tokens = encoder.encode(given as { frames: Tensor5D; faces: Tensor5D });
        kept = [tf.keep(tokens.frames), tf.keep(tokens.faces!)];
        return tf.add(tf.sum(tf.square(tokens.frames)), tf.sum(tf.square(tokens.faces!)));
      }, variables);
      return [...kept, ...variables.map(({ name }) => grads[name]!)];
    };
    const expected = tf.tidy(() => {
      const given = { frames: tf.tensor(frames.data, frames.shape), faces: tf.tensor(faces.data, faces.shape) };
      const found = all(given).map((tensor) => ({ shape: tensor.shape, values: [...tensor.dataSync()] }));
      return found as never;
    }) as unknown as { shape: number[]; values: number[] }[];

    const builder = new GraphBuilder();
    const graphVariables = new GraphVariables(builder);
    const specs = { frames: { shape: frames.shape, dtype: 'float32' }, faces: { shape: faces.shape, dtype: 'float32' } } as const;
    const { inputs, outputs } = trace(builder, specs, graphVariables, ({ frames, faces }) => all({ frames: frames!, faces: faces! }));
    const start = graphVariables.finish();
    const graph = new CompiledGraph(builder);
    start(graph);
    const found = graph.run([inputs['frames']!, inputs['faces']!], [frames, faces], outputs as string[]);
    expected.forEach(({ values }, i) => {
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      values.forEach((value, j) => assert.ok(Math.abs(found[i]![j]! - value) <= 1e-4 * largest, `result ${i} at ${j}`));
    });
    graph.dispose();
    encoder.dispose();
  });
}

test.run();
