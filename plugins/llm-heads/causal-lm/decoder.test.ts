import type { Scalar, Tensor } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from 'mienlab/plugin';
import { crossEntropy, normalVariable, tensorflow, tidy, type LoraWeights } from 'mienlab/tensor';
import { testBackend } from 'mienlab/conformance';
import { Decoder } from './decoder.js';
import type { DecoderSpec } from './decoder-spec.js';
import { eagerSession } from './eager-session.js';
import { decoderWeightShapes } from './weight-shapes.js';

const spec: DecoderSpec = {
  family: 'qwen3',
  vocabulary: 19,
  hidden: 12,
  inner: 20,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 6,
  contextLength: 32,
  rope: { theta: 100, scaling: { type: 'default' } },
  epsilon: 1e-6,
  headNorm: true,
  bias: { queryKeyValue: true, output: true, mlp: true },
  windows: [3, null],
  padding: null,
  tied: true,
};

const random = seededRandom(5);
const drawn = (changes: Partial<DecoderSpec> = {}) => {
  const whole = { ...spec, ...changes };
  return new Decoder(
    whole,
    Object.fromEntries(
      Object.entries(decoderWeightShapes(whole)).map(([name, shape]) => [name, normalVariable(random.fork(name), shape, 0.3)]),
    ),
  );
};
const ids = (...values: number[]) => tensorflow().tensor1d(values, 'int32');
const far = (a: Tensor, b: Tensor) =>
  tidy(
    () =>
      tensorflow()
        .max(tensorflow().abs(tensorflow().sub(a, b)))
        .dataSync()[0]!,
  );

test('wanted rows are those of the whole pass', async () => {
  if (!(await testBackend('auto'))) return;
  const decoder = drawn();
  const difference = tidy(() => {
    const sequences = { batch: 2, length: 3, positions: ids(0, 1, 2, 0, 1, 2), segments: null };
    const x = decoder.embed(ids(1, 2, 3, 4, 5, 6));
    const whole = decoder.forward(x, sequences);
    return far(decoder.forward(x, sequences, { rows: ids(4, 1, 1) }), tensorflow().gather(whole, ids(4, 1, 1)));
  });
  assert.ok(difference < 1e-5, `${difference}`);
  decoder.dispose();
});

test('packed samples are what they are each by itself', async () => {
  if (!(await testBackend('auto'))) return;
  const tf = tensorflow();
  const decoder = drawn();
  const difference = tidy(() => {
    const alone = (of: number[]) => {
      const positions = ids(...of.map((_, i) => i));
      return decoder.forward(decoder.embed(ids(...of)), { batch: 1, length: of.length, positions, segments: null });
    };
    const segments = tf.tensor2d([[1, 1, 2, 2, 2]]);
    const packed = decoder.forward(decoder.embed(ids(7, 8, 9, 10, 11)), { batch: 1, length: 5, positions: ids(0, 1, 0, 1, 2), segments });
    return far(packed, tf.concat([alone([7, 8]), alone([9, 10, 11])], 0));
  });
  assert.ok(difference < 1e-5, `${difference}`);
  decoder.dispose();
});

test('with LoRA the base gets no gradient and dropout follows its seed; B of zeros changes nothing', async () => {
  if (!(await testBackend('auto'))) return;
  const tf = tensorflow();
  const decoder = drawn();
  const x = decoder.embed(ids(1, 2, 3));
  const sequences = { batch: 1, length: 3, positions: ids(0, 1, 2), segments: null };
  const forward = (seed?: number) => {
    const hidden = decoder.forward(x, sequences, seed === undefined ? {} : { dropoutSeed: tf.scalar(seed, 'int32') });
    return decoder.logits(hidden);
  };
  const plain = tidy(() => forward());
  const adapt = (b: number): LoraWeights => ({
    a: normalVariable(random.fork('a'), [2, 12], 0.5),
    b: normalVariable(random.fork('b'), [24, 2], b),
    scaling: 2,
    dropout: 0.5,
  });
  const zero = adapt(0);
  decoder.adapters.set('model.layers.0.self_attn.q_proj', zero);
  assert.is(
    tidy(() => far(forward(1), plain)),
    0,
  );
  const lora = adapt(0.5);
  decoder.adapters.set('model.layers.0.self_attn.q_proj', lora);
  const apart = (one?: number, other?: number) => tidy(() => far(forward(one), forward(other)));
  assert.ok(tidy(() => far(forward(), plain)) > 1e-3, 'the addition is at work');
  assert.is(apart(1, 1), 0);
  assert.ok(apart(1, 2) > 1e-4 && apart(1, undefined) > 1e-4, 'dropout is at work where there is a seed');
  const weights = tf.fill([3], 1 / 3);
  const { value, grads } = tf.variableGrads(() => crossEntropy(forward(1), ids(4, 5, 6), weights) as Scalar, [lora.a, lora.b] as never);
  assert.is(Object.keys(grads).length, 2);
  tf.dispose([value, ...Object.values(grads), weights, x, plain, zero.a, zero.b, lora.a, lora.b]);
  decoder.dispose();
});

test('token by token, padded on the left, reordered: the logits of the whole sequence; nothing is left behind', async () => {
  if (!(await testBackend('auto'))) return;
  const tf = tensorflow();
  const decoder = drawn();
  const before = tf.memory().numTensors;
  const whole = async (of: number[]) => {
    const logits = tidy(() => {
      const positions = ids(...of.map((_, i) => i));
      const hidden = decoder.forward(decoder.embed(ids(...of)), { batch: 1, length: of.length, positions, segments: null });
      return tf.gather(decoder.logits(hidden), ids(of.length - 1));
    });
    const values = [...(await logits.data())];
    logits.dispose();
    return values;
  };
  const embeddings = tidy(() => decoder.embed(ids(0, 0, 3, 4, 5, 6, 7, 8)));
  const session = eagerSession(decoder, { embeddings, length: 4, lengths: [2, 4] }, 3);
  embeddings.dispose();
  const rows = [
    [3, 4],
    [5, 6, 7, 8],
  ];
  const check = async () => {
    const logits = await session.logits();
    const expected = (await Promise.all(rows.map(whole))).flat();
    expected.forEach((value, i) => assert.ok(Math.abs(logits[i]! - value) < 1e-4, `${logits[i]} at ${i}, expected ${value}`));
    const best = await session.argmax();
    rows.forEach((_, row) => {
      const own = expected.slice(row * 19, row * 19 + 19);
      assert.is(best[row], own.indexOf(Math.max(...own)));
    });
  };
  await check();
  const append = (tokens: number[]) => {
    session.append(Int32Array.from(tokens));
    tokens.forEach((token, row) => rows[row]!.push(token));
  };
  append([9, 10]);
  await check();
  session.reorder(Int32Array.of(1, 1));
  rows[0] = [...rows[1]!];
  await check();
  append([11, 12]);
  await check();
  session.reorder(Int32Array.of(1, 0));
  rows.reverse();
  append([13, 14]);
  await check();
  assert.is(session.room, 0);
  assert.throws(() => session.append(Int32Array.of(1, 1)), /the cache is full/);
  session.dispose();
  assert.ok(tf.memory().numTensors <= before + 16, `${tf.memory().numTensors - before} tensors are left`);
  decoder.dispose();
});

test.run();
