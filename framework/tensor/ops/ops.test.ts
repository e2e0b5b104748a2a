import type { Tensor } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../plugin/index.js';
import { testBackend } from '../test-backend.js';
import type { Tensorflow } from '../tensorflow.js';
import { attention } from './attention.js';
import { binaryCrossEntropy, crossEntropy } from './cross-entropy.js';
import { embed } from './embed.js';
import { gelu } from './gelu.js';
import { linear } from './linear.js';
import { rmsNorm } from './rms-norm.js';

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

const cases: Case[] = [
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
];

/** Value and gradients of sum(output * weight), weights that differ by place so that no error cancels. */
function measure(tf: Tensorflow, inputs: Values[], run: Case['run']): number[][] {
  return tf.tidy(() => {
    const tensors = inputs.map(({ shape, values }) => tf.tensor(values, shape));
    const value = run(tf, ...tensors);
    const gradients = tf.grads((...xs: Tensor[]) => {
      const out = run(tf, ...xs);
      const weights = tf.reshape(tf.cos(tf.range(0, out.size, 1)), out.shape);
      return tf.sum(tf.mul(out, weights)) as Tensor;
    });
    return [value, ...gradients(tensors)].map((tensor) => [...tensor.dataSync()]);
  });
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

for (const backend of ['cpu', 'wasm', 'tensorflow'] as const) {
  test(`value and gradients of every operation on ${backend}`, async () => {
    const tf = await testBackend(backend);
    if (!tf) return;
    for (const { name, inputs, run, plain } of cases) {
      if (backend === 'cpu') {
        expected.set(name, measure(tf, inputs, plain));
      }
      const before = tf.memory().numTensors;
      measure(tf, inputs, run);
      const between = tf.memory().numTensors;
      close(measure(tf, inputs, run), expected.get(name)!, 2e-5, `${name} on ${backend}`);
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

test.run();
