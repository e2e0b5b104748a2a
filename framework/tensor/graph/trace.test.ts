import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../faults/index.js';
import { seededRandom } from '../../plugin/index.js';
import {
  crossAttention,
  depthwiseConv,
  embed,
  gelu,
  groupedAttention,
  causalMask,
  kernels,
  layerNorm,
  poolGrid,
  project,
  rmsNorm,
  rotary,
  rotaryTables,
  silu,
  swiglu,
  tensorflow,
} from '../index.js';
import { testBackend } from '../test-backend.js';
import { CompiledGraph } from './compiled-graph.js';
import { GraphBuilder } from './graph-builder.js';
import { GraphVariables, inPortions, TurnedGraphVariables } from './graph-variables.js';
import { trace, type InputSpec } from './trace.js';

type Body = (x: Tensor, ids: Tensor) => Tensor;

/** Over x float32 [6, 8] and ids int32 [6], all below 6. */
const bodies: Record<string, Body> = {
  'plain calls of tfjs': (x) => {
    const tf = tensorflow();
    const parts = tf.split(tf.concat([x, tf.mul(x, 2)], 1), 2, 1);
    const padded = tf.pad(tf.slice(tf.sub(parts[1]!, parts[0]!), [1, 2], [4, 5]) as never, [
      [1, 0],
      [0, 2],
    ]);
    return tf.add(tf.transpose(tf.reshape(padded, [7, 5])), tf.sum(tf.tile(x, [2, 1]), 0).slice(0, 7));
  },
  reductions: (x) => {
    const tf = tensorflow();
    return tf.concat([tf.mean(x, 1), tf.max(x, 0), tf.sum(x).expandDims(0), tf.argMax(x, 1).toFloat()], 0);
  },
  'choices and comparisons': (x, ids) => {
    const tf = tensorflow();
    const condition = tf.greater(tf.tile(tf.reshape(ids, [6, 1]), [1, 8]), tf.scalar(2, 'int32'));
    return tf.where(condition, tf.sqrt(tf.abs(x)), tf.minimum(tf.exp(x), 0.5));
  },
  gathering: (x, ids) => embed(project(x, { weight: x }), ids),
  'norms and activations': (x) => swiglu(gelu(rmsNorm(x, tensorflow().ones([8]))), x),
  rotation: (x, ids) => rotary(x, rotaryTables(ids, Float32Array.of(1, 0.1), 0.5)),
  convolution: (x) => {
    const tf = tensorflow();
    const image = silu(layerNorm(x, tf.ones([8]), tf.zeros([8])));
    const out = depthwiseConv(tf.reshape(image, [1, 2, 3, 8]), tf.reshape(tf.concat([x, tf.slice(x, [0, 0], [3, 8])]), [9, 8]));
    return poolGrid(tf.reshape(out, [1, 1, 6, 8]), { rows: 2, columns: 3, outRows: 1, outColumns: 3 });
  },
  'attention across': (x) => crossAttention(tensorflow().slice(x, [0, 0], [2, 8]), x, x, { batch: 2, queries: 1, keys: 3, heads: 4 }),
  attention: (x) => {
    const shape = { batch: 2, length: 3, heads: 4, keyValueHeads: 2 };
    const keys = tensorflow().slice(x, [0, 0], [6, 4]);
    return groupedAttention(x, keys, keys, causalMask(null, { length: 3, window: 2, group: 2 }), shape);
  },
  'kernels of single tokens': (x) => kernels().smallSoftmax(kernels().smallMatMul(x, x, false, true)),
};

function values(seed: number) {
  const random = seededRandom(seed);
  return {
    x: { data: Float32Array.from({ length: 48 }, () => random.normal()), shape: [6, 8] },
    ids: { data: Int32Array.from({ length: 6 }, () => random.integer(6)), shape: [6] },
  };
}

const specs: Record<string, InputSpec> = { x: { shape: [6, 8], dtype: 'float32' }, ids: { shape: [6], dtype: 'int32' } };

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string) {
  assert.is(actual.length, expected.length, what);
  Array.from(expected).forEach((value, i) =>
    assert.ok(Math.abs(actual[i]! - value) <= 1e-5 * Math.max(1, Math.abs(value)), `${what}: ${actual[i]} at ${i}, expected ${value}`),
  );
}

for (const [name, body] of Object.entries(bodies)) {
  test(`${name}: value and gradient are those of the calls themselves`, async () => {
    const tf = await testBackend('tensorflow');
    if (!tf) return;
    const gradientOf = (x: Tensor, ids: Tensor) => tf.grad((input: Tensor) => tf.sum(tf.square(body(input, ids))))(x);
    const both = (x: Tensor, ids: Tensor) => (name.startsWith('kernels') ? [body(x, ids)] : [body(x, ids), gradientOf(x, ids)]);
    const before = tf.memory().numTensors;
    const builder = new GraphBuilder();
    const variables = new GraphVariables(builder);
    const { inputs, outputs } = trace(builder, specs, variables, ({ x, ids }) => both(x!, ids!));
    const start = variables.finish();
    const graph = new CompiledGraph(builder);
    start(graph);
    assert.is(tf.memory().numTensors, before, 'tracing leaves no tensor behind');
    for (const seed of [1, 2]) {
      const { x, ids } = values(seed);
      const found = graph.run([inputs['x']!, inputs['ids']!], [x, ids], outputs as string[]);
      const expected = tf.tidy(() =>
        both(tf.tensor(x.data, [6, 8]), tf.tensor(ids.data, [6], 'int32')).map((tensor) => [...tensor.dataSync()]),
      );
      expected.forEach((list, i) => close(found[i]!, list, `${name}, result ${i}`));
    }
    graph.dispose();
  });
}

test('convolutions and pools: value and shape are those of the calls themselves', async () => {
  const tf = await testBackend('tensorflow');
  if (!tf) return;
  const filter = tf.randomNormal([3, 3, 2, 4], 0, 1, 'float32', 1) as Tensor4D;
  const each = tf.randomNormal([3, 3, 2, 2], 0, 1, 'float32', 2) as Tensor4D;
  for (const pad of ['same', 'valid'] as const) {
    const layers: Record<string, (x: Tensor4D) => Tensor4D> = {
      convolution: (x) => tf.relu6(tf.conv2d(x, filter, [1, 2], pad)),
      'dilated convolution': (x) => tf.conv2d(x, filter, 1, pad, 'NHWC', 2),
      'depthwise convolution': (x) => tf.depthwiseConv2d(x, each, 2, pad),
      'largest of a window': (x) => tf.maxPool(x, [2, 3], [2, 1], pad),
      'mean of a window': (x) => tf.avgPool(x, 3, 2, pad),
    };
    for (const [name, layer] of Object.entries(layers)) {
      const builder = new GraphBuilder();
      const variables = new GraphVariables(builder);
      let shape: number[] = [];
      const { inputs, outputs } = trace(builder, { x: { shape: [2, 7, 8, 2], dtype: 'float32' } }, variables, ({ x }) => {
        const result = layer(x as Tensor4D);
        shape = result.shape;
        return [result];
      });
      const start = variables.finish();
      const graph = new CompiledGraph(builder);
      start(graph);
      const x = tf.randomNormal([2, 7, 8, 2], 0, 1, 'float32', 3) as Tensor4D;
      const expected = layer(x);
      const [found] = graph.run([inputs['x']!], [{ data: x.dataSync() as Float32Array, shape: x.shape }], outputs as string[]);
      assert.equal(shape, expected.shape, `${name}, ${pad}`);
      close(found!, expected.dataSync(), `${name}, ${pad}`);
      graph.dispose();
    }
  }
});

test('code that reads values, or calls what has no shape function, cannot be traced and says so', async () => {
  const tf = await testBackend('tensorflow');
  if (!tf) return;
  const before = tf.memory().numTensors;
  for (const [body, message] of [
    [(x: Tensor) => tf.mul(x, x.dataSync()[0]!), /asks for values/],
    [(x: Tensor) => tf.cumsum(x, 0), /Cumsum cannot be traced/],
    [(x: Tensor) => tf.reshape(x, [7, 7]), /./],
  ] as const) {
    const builder = new GraphBuilder();
    try {
      trace(builder, specs, new GraphVariables(builder), ({ x }) => [body(x!)]);
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, message);
      if (error instanceof Fault) assert.ok(['TENSOR_UNTRACEABLE', 'TENSOR_SHAPE'].includes(error.code));
    }
    assert.is(tf.getBackend(), 'tensorflow');
  }
  assert.is(tf.memory().numTensors, before);
});

test('tensors from outside become variables that are fed, turned ones where products want them turned', async () => {
  const tf = await testBackend('tensorflow');
  if (!tf) return;
  const random = seededRandom(3);
  const weight = tf.tensor2d(
    Float32Array.from({ length: 40 * 32 }, () => random.normal()),
    [40, 32],
  );
  const builder = new GraphBuilder();
  const variables = new TurnedGraphVariables(builder);
  const spec: InputSpec = { shape: [2, 32], dtype: 'float32' };
  const { inputs, outputs } = trace(builder, { x: spec }, variables, ({ x }) => [project(x!, { weight })]);
  const start = variables.finish();
  const graph = new CompiledGraph(builder);
  start(graph);
  const x = Float32Array.from({ length: 64 }, () => random.normal());
  const [found] = graph.run([inputs['x']!], [{ data: x, shape: [2, 32] }], outputs as string[]);
  close(
    found!,
    tf.tidy(() => project(tf.tensor2d(x, [2, 32]), { weight }).dataSync()),
    'product',
  );
  graph.dispose();
  weight.dispose();
});

test('portions hold about as much as one call takes', () => {
  const sizes = [5e6, 5e6, 1, 2, 9e6, 3];
  assert.equal(
    inPortions(sizes, (size) => size),
    [[5e6, 5e6], [1, 2, 9e6], [3]],
  );
  assert.equal(
    inPortions([], () => 1),
    [],
  );
});

test.run();
