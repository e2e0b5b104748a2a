import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../plugin/index.js';
import { testBackend } from '../test-backend.js';
import type { Tensorflow } from '../tensorflow.js';
import { attention } from './attention.js';
import { crossAttention } from './cross-attention.js';
import { binaryCrossEntropy, crossEntropy } from './cross-entropy.js';
import { depthwiseConv } from './depthwise-conv.js';
import { dropout } from './dropout.js';
import { embed } from './embed.js';
import { gelu } from './gelu.js';
import { causalMask } from './causal-mask.js';
import { groupedAttention } from './grouped-attention.js';
import { layerNorm } from './layer-norm.js';
import { linear } from './linear.js';
import { poolGrid } from './pool-grid.js';
import { project } from './project.js';
import { rmsNorm } from './rms-norm.js';
import { rotary, rotaryTables } from './rotary.js';
import { geluTanh, quickGelu } from './sigmoid-gelu.js';
import { silu } from './silu.js';
import { swiglu } from './swiglu.js';

type Values = { shape: number[]; values: number[] };

/** Each operation with its inputs, its value written in plain tfjs, and the inputs that have gradients. */
interface Case {
  name: string;
  inputs: Values[];
  run: (tf: Tensorflow, ...inputs: Tensor[]) => Tensor;
  plain: (tf: Tensorflow, ...inputs: Tensor[]) => Tensor;
}

const random = seededRandom(3);
const drawn = (...shape: number[]): Values => ({
  shape,
  values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
});

const ids = [2, 0, 2, 4];
const rowWeights = [0.5, 0, 0.25, 0.25];
const targets = [1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1];
const lengths = { batch: 2, length: 3, heads: 2 };

function plainAttention(tf: Tensorflow, packed: Tensor, mask: Tensor | null): Tensor {
  const heads = (part: number) => tf.transpose(tf.reshape(tf.slice(packed, [0, part * 4], [6, 4]), [2, 3, 2, 2]), [0, 2, 1, 3]);
  const scores = tf.matMul(heads(0), heads(1), false, true).div(Math.SQRT2);
  return tf.reshape(tf.transpose(tf.matMul(tf.softmax(mask ? scores.add(mask) : scores), heads(2)), [0, 2, 1, 3]), [6, 4]);
}

const causal = (tf: Tensorflow) =>
  tf.tensor2d([
    [0, -1e9, -1e9],
    [0, 0, -1e9],
    [0, 0, 0],
  ]);

const positions = [0, 1, 5, 300];
const frequencies = Float32Array.of(1, 0.25);

function plainRotary(tf: Tensorflow, x: Tensor, scale: number): Tensor {
  const angles = tf.outerProduct(tf.tensor1d(positions), tf.tensor1d([...frequencies, ...frequencies]));
  const parts = tf.reshape(x, [4, 2, 4]);
  const turned = tf.concat([tf.slice(parts, [0, 0, 2], [4, 2, 2]).neg(), tf.slice(parts, [0, 0, 0], [4, 2, 2])], 2);
  const table = (values: Tensor) => tf.reshape(values, [4, 1, 4]);
  return tf.reshape(tf.add(parts.mul(table(tf.cos(angles))), turned.mul(table(tf.sin(angles)))).mul(scale), [4, 8]);
}

// Two sequences of three tokens, six heads of two served by two key heads; of the second sequence the first token is padding.
const grouped = { batch: 2, length: 3, heads: 6, keyValueHeads: 2 };
const segments = [1, 1, 1, 0, 1, 1];
const window = 2;

function plainGrouped(tf: Tensorflow, q: Tensor, k: Tensor, v: Tensor): Tensor {
  const heads = (x: Tensor, count: number) => tf.transpose(tf.reshape(x, [2, 3, count, 2]), [0, 2, 1, 3]);
  const repeated = (x: Tensor) => tf.gather(heads(x, 2), tf.tensor1d([0, 0, 0, 1, 1, 1], 'int32'), 1);
  const allowed = Array.from({ length: 18 }, (_, i) => {
    const [row, from, to] = [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3];
    return to <= from && from - to < window && segments[row * 3 + from] === segments[row * 3 + to] ? 0 : -1e9;
  });
  const scores = tf.matMul(heads(q, 6), repeated(k), false, true).add(tf.tensor4d(allowed, [2, 1, 3, 3]));
  return tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), repeated(v)), [0, 2, 1, 3]), [6, 12]);
}

const cases: Case[] = [
  {
    name: 'project with bias and LoRA',
    inputs: [drawn(5, 3), drawn(4, 3), drawn(4), drawn(2, 3), drawn(4, 2)],
    run: (_, x, weight, bias, a, b) => project(x!, { weight: weight!, bias, lora: { a: a!, b: b!, scaling: 0.5, dropout: 0.5 } }),
    plain: (tf, x, w, bias, a, b) => {
      const weight = tf.add(w!, tf.matMul(b!, a!).mul(0.5));
      return tf.add(tf.matMul(x!, weight, false, true), bias!);
    },
  },
  {
    name: 'project',
    inputs: [drawn(5, 3), drawn(4, 3)],
    run: (_, x, weight) => project(x!, { weight: weight! }),
    plain: (tf, x, w) => tf.matMul(x!, w!, false, true),
  },
  {
    name: 'rotary',
    inputs: [drawn(4, 8)],
    run: (tf, x) => rotary(x!, rotaryTables(tf.tensor1d(positions, 'int32'), frequencies)),
    plain: (tf, x) => plainRotary(tf, x!, 1),
  },
  {
    name: 'rotary, scaled',
    inputs: [drawn(4, 8)],
    run: (tf, x) => rotary(x!, rotaryTables(tf.tensor1d(positions, 'int32'), frequencies, 0.25)),
    plain: (tf, x) => plainRotary(tf, x!, 0.25),
  },
  {
    name: 'swiglu',
    inputs: [drawn(3, 5), drawn(3, 5)],
    run: (_, gate, up) => swiglu(gate!, up!),
    plain: (tf, gate, up) => tf.sigmoid(gate!).mul(gate!).mul(up!),
  },
  {
    name: 'groupedAttention with segments and a window',
    inputs: [drawn(6, 12), drawn(6, 4), drawn(6, 4)],
    run: (tf, q, k, v) => groupedAttention(q!, k!, v!, causalMask(tf.tensor2d(segments, [2, 3]), { length: 3, window, group: 3 }), grouped),
    plain: (tf, q, k, v) => plainGrouped(tf, q!, k!, v!),
  },
  {
    name: 'linear with bias',
    inputs: [drawn(5, 3), drawn(3, 4), drawn(4)],
    run: (_, x, w, b) => linear(x!, w!, b),
    plain: (tf, x, w, b) => tf.add(tf.matMul(x!, w!), b!),
  },
  { name: 'linear', inputs: [drawn(5, 3), drawn(3, 4)], run: (_, x, w) => linear(x!, w!), plain: (tf, x, w) => tf.matMul(x!, w!) },
  {
    name: 'rmsNorm',
    inputs: [drawn(4, 6), drawn(6)],
    run: (_, x, g) => rmsNorm(x!, g!),
    plain: (_, x, g) => x!.mul(x!.square().mean(-1, true).add(1e-5).rsqrt()).mul(g!),
  },
  {
    name: 'gelu',
    inputs: [{ shape: [7], values: [-6, -2, -0.5, 0, 0.3, 1, 5] }],
    run: (_, x) => gelu(x!),
    plain: (tf, x) => tf.mul(x!, tf.add(tf.erf(tf.mul(x!, Math.SQRT1_2)), 1)).mul(0.5),
  },
  {
    name: 'geluTanh',
    inputs: [{ shape: [7], values: [-6, -2, -0.5, 0, 0.3, 1, 5] }],
    run: (_, x) => geluTanh(x!),
    plain: (tf, x) =>
      tf.mul(x!, tf.add(tf.tanh(tf.mul(tf.add(x!, tf.mul(tf.mul(tf.square(x!), x!), 0.044715)), Math.sqrt(2 / Math.PI))), 1)).mul(0.5),
  },
  {
    name: 'quickGelu',
    inputs: [{ shape: [7], values: [-6, -2, -0.5, 0, 0.3, 1, 5] }],
    run: (_, x) => quickGelu(x!),
    plain: (tf, x) => tf.mul(x!, tf.sigmoid(tf.mul(x!, 1.702))),
  },
  {
    name: 'layerNorm',
    inputs: [drawn(4, 6), drawn(6), drawn(6)],
    run: (_, x, g, b) => layerNorm(x!, g!, b!, 1e-5),
    plain: (tf, x, g, b) => {
      const centred = x!.sub(x!.mean(-1, true));
      return tf.add(centred.mul(centred.square().mean(-1, true).add(1e-5).rsqrt()).mul(g!), b!);
    },
  },
  {
    name: 'groupedAttention, fewer queries than keys, no mask',
    inputs: [drawn(2, 4), drawn(6, 4), drawn(6, 4)],
    run: (_, q, ks, vs) => groupedAttention(q!, ks!, vs!, null, { batch: 2, length: 1, keys: 3, heads: 2, keyValueHeads: 2 }),
    plain: (tf, q, ks, vs) => {
      const heads = (x: Tensor, length: number) => tf.transpose(tf.reshape(x, [2, length, 2, 2]), [0, 2, 1, 3]);
      const weights = tf.softmax(tf.matMul(heads(q!, 1), heads(ks!, 3), false, true));
      return tf.reshape(tf.transpose(tf.matMul(weights, heads(vs!, 3)), [0, 2, 1, 3]), [2, 4]);
    },
  },
  {
    name: 'attention, causal',
    inputs: [drawn(6, 12)],
    run: (tf, x) => attention(x!, causal(tf), lengths),
    plain: (tf, x) => plainAttention(tf, x!, causal(tf)),
  },
  {
    name: 'attention',
    inputs: [drawn(6, 12)],
    run: (_, x) => attention(x!, null, lengths),
    plain: (tf, x) => plainAttention(tf, x!, null),
  },
  {
    name: 'embed',
    inputs: [drawn(5, 3)],
    run: (tf, table) => embed(table!, tf.tensor1d(ids, 'int32')),
    plain: (tf, table) => tf.matMul(tf.oneHot(tf.tensor1d(ids, 'int32'), 5).toFloat(), table!),
  },
  {
    name: 'embed with a padding row',
    inputs: [drawn(5, 3)],
    run: (tf, table) => embed(table!, tf.tensor1d(ids, 'int32'), 2),
    plain: (tf, table) => {
      const known = tf.oneHot(tf.tensor1d(ids, 'int32'), 5).toFloat();
      const constant = tf.tensor2d(cases.find(({ name }) => name === 'embed with a padding row')!.inputs[0]!.values, [5, 3]);
      const learnt = tf.tensor1d([1, 1, 0, 1, 1]);
      return tf.add(tf.matMul(known.mul(learnt), table!), tf.matMul(known.mul(tf.sub(1, learnt)), constant));
    },
  },
  {
    name: 'crossEntropy',
    inputs: [drawn(4, 5)],
    run: (tf, x) => crossEntropy(x!, tf.tensor1d(ids, 'int32'), tf.tensor1d(rowWeights)),
    plain: (tf, x) =>
      tf
        .logSoftmax(x!)
        .mul(tf.oneHot(tf.tensor1d(ids, 'int32'), 5))
        .sum(-1)
        .mul(tf.tensor1d(rowWeights))
        .sum()
        .neg(),
  },
  {
    name: 'binaryCrossEntropy',
    inputs: [drawn(4, 3)],
    run: (tf, x) => binaryCrossEntropy(x!, tf.tensor2d(targets, [4, 3]), tf.tensor2d(rowWeights, [4, 1])),
    plain: (tf, x) => {
      const truth = tf.tensor2d(targets, [4, 3]);
      const p = tf.sigmoid(x!);
      const each = tf
        .log(p)
        .mul(truth)
        .add(tf.log(tf.sub(1, p)).mul(tf.sub(1, truth)));
      return each.mean(-1).mul(tf.tensor1d(rowWeights)).sum().neg();
    },
  },
  { name: 'silu', inputs: [drawn(9)], run: (_, x) => silu(x!), plain: (tf, x) => x!.mul(tf.sigmoid(x!)) },
  {
    name: 'crossAttention',
    inputs: [drawn(4, 4), drawn(6, 4), drawn(6, 4)],
    run: (_, q, k, v) => crossAttention(q!, k!, v!, { batch: 2, queries: 2, keys: 3, heads: 2 }),
    plain: (tf, q, k, v) => {
      const heads = (x: Tensor, length: number) => tf.transpose(tf.reshape(x, [2, length, 2, 2]), [0, 2, 1, 3]);
      const weights = tf.softmax(tf.matMul(heads(q!, 2), heads(k!, 3), false, true).div(Math.SQRT2));
      return tf.reshape(tf.transpose(tf.matMul(weights, heads(v!, 3)), [0, 2, 1, 3]), [4, 4]);
    },
  },
  {
    name: 'depthwiseConv',
    inputs: [drawn(2, 3, 4, 2), drawn(9, 2)],
    run: (_, x, w) => depthwiseConv(x as Tensor4D, w!),
    plain: (tf, x, w) => tf.depthwiseConv2d(x as Tensor4D, tf.reshape(w!, [3, 3, 2, 1]) as Tensor4D, 1, 'same'),
  },
  {
    name: 'poolGrid',
    inputs: [drawn(2, 1, 12, 2)],
    run: (_, x) => poolGrid(x as Tensor4D, { rows: 2, columns: 6, outRows: 1, outColumns: 3 }),
    plain: (tf, x) => tf.reshape(tf.avgPool(tf.reshape(x!, [2, 2, 6, 2]) as Tensor4D, [2, 2], [2, 2], 'valid'), [2, 1, 3, 2]),
  },
];

/** Value and gradients of sum(output * weight), weights that differ by place so that no error cancels. */
async function measure(tf: Tensorflow, inputs: Values[], run: Case['run']): Promise<number[][]> {
  const found = tf.tidy(() => {
    const tensors = inputs.map(({ shape, values }) => tf.tensor(values, shape));
    const value = run(tf, ...tensors);
    const gradients = tf.grads((...xs: Tensor[]) => {
      const out = run(tf, ...xs);
      const weights = tf.reshape(tf.cos(tf.range(0, out.size, 1)), out.shape);
      return tf.sum(tf.mul(out, weights)) as Tensor;
    });
    return [value, ...gradients(tensors)];
  });
  const values: number[][] = [];
  for (const tensor of found) values.push([...(await tensor.data())]);
  tf.dispose(found);
  return values;
}

function close(actual: number[][], expected: number[][], tolerance: number, what: string) {
  assert.is(actual.length, expected.length);
  expected.forEach((values, i) =>
    values.forEach((value, j) => {
      const off = Math.abs(actual[i]![j]! - value);
      assert.ok(off <= tolerance * Math.max(1, Math.abs(value)), `${what}: part ${i} at ${j} is ${actual[i]![j]}, expected ${value}`);
    }),
  );
}

const expected = new Map<string, number[][]>();

for (const backend of ['cpu', 'wasm', 'tensorflow', 'webgpu'] as const) {
  test(`value and gradients of every operation on ${backend}`, async () => {
    const tf = await testBackend(backend);
    if (!tf) return;
    assert.is(new Set(cases.map(({ name }) => name)).size, cases.length, 'two cases have one name');
    for (const { name, inputs, run, plain } of cases) {
      if (backend === 'cpu') {
        expected.set(name, await measure(tf, inputs, plain));
      }
      const before = tf.memory().numTensors;
      await measure(tf, inputs, run);
      const between = tf.memory().numTensors;
      close(await measure(tf, inputs, run), expected.get(name)!, 2e-5, `${name} on ${backend}`);
      assert.is(tf.memory().numTensors, between, `${name} leaks`);
      assert.ok(between - before <= 12, `${name} keeps ${between - before} constants`);
    }
  });
}

test('an input that needs no gradient gets none computed', async () => {
  const tf = await testBackend('cpu');
  if (!tf) return;
  const { count } = tf.tidy(() => {
    const pixels = tf.ones([2, 3]);
    const weights = tf.variable(tf.ones([3, 2]));
    let matMuls = 0;
    const { kernelFunc, ...kernel } = tf.getKernel('BatchMatMul', 'cpu');
    tf.unregisterKernel('BatchMatMul', 'cpu');
    tf.registerKernel({ ...kernel, kernelFunc: (args) => (matMuls++, kernelFunc(args)) });
    tf.variableGrads(() => tf.sum(linear(pixels, weights)).asScalar(), [weights]);
    tf.unregisterKernel('BatchMatMul', 'cpu');
    tf.registerKernel({ ...kernel, kernelFunc });
    weights.dispose();
    return { count: matMuls };
  });
  assert.is(count, 2);
});

for (const backend of ['cpu', 'wasm', 'tensorflow', 'webgpu'] as const) {
  test(`dropout on ${backend} keeps the mean, draws the same for its seed in value and gradient, another for another`, async () => {
    const tf = await testBackend(backend);
    if (!tf) return;
    const draw = async (step: number, site: number) => {
      const { value, grad } = tf.tidy(() =>
        tf.valueAndGrad((x: Tensor) => tf.sum(dropout(x, 0.25, { step: tf.scalar(step, 'int32'), site })))(tf.ones([40, 50])),
      );
      return { sum: (await value.data())[0]!, kept: [...(await grad.data())] };
    };
    const first = await draw(7, 1);
    assert.ok(Math.abs(first.sum - 2000) < 100, `the sum is ${first.sum}`);
    assert.ok(first.kept.every((value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6));
    assert.ok(Math.abs(first.kept.reduce((sum, value) => sum + value, 0) - first.sum) < 0.1, 'value and gradient drew alike');
    assert.equal(await draw(7, 1), first);
    const share = (other: number[]) => other.filter((value, i) => value === first.kept[i]).length / 2000;
    for (const other of [await draw(8, 1), await draw(7, 2)]) assert.ok(share(other.kept) < 0.75, 'another seed or site draws otherwise');
  });
}

test.run();
