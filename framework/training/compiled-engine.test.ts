import type { Scalar } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HostBatch } from '../contracts/index.js';
import { seededRandom } from '../plugin/index.js';
import { constantVariable, embed, linear, normalVariable, tensorflow, gelu, rmsNorm } from '../tensor/index.js';
import { testBackend } from '../tensor/test-backend.js';
import { CompiledEngine } from './compiled-engine.js';
import { EagerEngine } from './eager-engine.js';
import type { Forward, StepEngine, StepEngineOptions, StepKind } from './step-engine.js';
import { testSettings } from './test-model.js';

/** A model of two layers with an output that only one kind of step trains, and a large table from outside that nothing trains. */
function problem() {
  const tf = tensorflow();
  const random = seededRandom(4);
  const variables = {
    first: normalVariable(random.fork('first'), [3, 8], 0.5),
    gain: constantVariable([8], 1),
    second: normalVariable(random.fork('second'), [8, 2], 0.5),
    aside: normalVariable(random.fork('aside'), [8, 1], 0.5),
  };
  const table = tf.tensor2d(
    Float32Array.from({ length: 2048 }, () => random.normal()),
    [1024, 2],
  );
  const forward: Forward = (kind, { bytes, rows, targets }) => {
    const hidden = rmsNorm(gelu(linear(tf.div(bytes!, 255), variables.first)), variables.gain);
    const auxiliary = tf.mean(tf.square(linear(hidden, variables.aside))) as Scalar;
    const caption =
      kind === 'captions'
        ? (tf.mean(tf.square(tf.sub(tf.add(linear(hidden, variables.second), embed(table, rows!)), targets!))) as Scalar)
        : null;
    return { caption, auxiliary, total: caption ? (tf.add(caption, tf.mul(auxiliary, 0.1)) as Scalar) : auxiliary };
  };
  return { variables, forward, free: () => tf.dispose([...Object.values(variables), table]) };
}

function batches(kind: StepKind, size: number, seed: number): HostBatch {
  const random = seededRandom(seed);
  const bytes = Uint8Array.from({ length: size * 3 }, () => random.integer(256));
  const rows = Int32Array.from({ length: size }, () => random.integer(1024));
  const targets = Float32Array.from({ length: size * 2 }, () => random.normal());
  return {
    bytes: { data: bytes, shape: [size, 3] },
    ...(kind === 'captions' && { rows: { data: rows, shape: [size] }, targets: { data: targets, shape: [size, 2] } }),
  };
}

type Options = Parameters<typeof engineOptions>[1];

function engineOptions(
  { variables, forward }: ReturnType<typeof problem>,
  { optimizer, clip }: Pick<StepEngineOptions, 'optimizer' | 'clip'>,
) {
  const { first, gain, ...others } = variables;
  const weightDecay = optimizer['weight-decay'];
  const groups = [
    { variables: others, learningRate: 1, weightDecay },
    { variables: { first, gain }, learningRate: 1, weightDecay: 0 },
  ];
  return { groups, forward, optimizer, clip, precision: 'fp32' } as const;
}

async function trained(Engine: typeof EagerEngine | typeof CompiledEngine, settings: Options, { parts = false, handOver = false } = {}) {
  const model = problem();
  const options = engineOptions(model, settings);
  let engine: StepEngine = new Engine(options);
  const curve: (number | null)[][] = [];
  for (let step = 0; step < 14; step++) {
    const kind = step < 4 ? 'before' : 'captions';
    // Shapes change, come back, and kinds follow on each other.
    const batch = batches(kind, step % 3 === 0 ? 5 : 4, step);
    const more = parts && step % 4 > 1 ? [batches(kind, 5, 100 + step), batches(kind, 3, 200 + step)] : [];
    const { caption, auxiliary, gradientNorm } = await engine.step(kind, [batch, ...more], [0.01 * (step + 1), 0.02]);
    curve.push([caption, auxiliary, gradientNorm]);
    if (!handOver || step !== 8) continue;
    await engine.sync();
    const state = await engine.state();
    engine.dispose();
    engine = new Engine(options);
    engine.restore(state);
  }
  const losses = await engine.losses('captions', batches('captions', 2, 9));
  curve.push([losses.caption, losses.auxiliary]);
  await engine.sync();
  const state = await engine.state();
  const names = Object.keys(state).sort();
  const weights = Object.values(model.variables).map((variable) => [...variable.dataSync()]);
  engine.dispose();
  model.free();
  return { curve, weights: [...weights, ...names.map((name) => [...state[name]!.data])], names };
}

const near = (a: number | null, b: number | null, tolerance: number) =>
  a === b || (a !== null && b !== null && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)));

function assertAlike(actual: Awaited<ReturnType<typeof trained>>, expected: Awaited<ReturnType<typeof trained>>) {
  assert.equal(actual.names, expected.names);
  actual.curve.forEach((values, step) =>
    values.forEach((value, i) =>
      assert.ok(near(value, expected.curve[step]![i]!, 2e-5), `step ${step}: ${values} and ${expected.curve[step]}`),
    ),
  );
  actual.weights.forEach((values, i) =>
    values.forEach((value, j) =>
      assert.ok(near(value, expected.weights[i]![j]!, 5e-5), `variable ${i}: ${value} and ${expected.weights[i]![j]}`),
    ),
  );
}

const adamw = { ...testSettings.optimizer, momentum: 0, nesterov: false };
const cases: [string, Options, { parts?: boolean; handOver?: boolean }][] = [
  ...[0, 0.5].flatMap((clip) =>
    [0, 0.1].map((decay): [string, Options, object] => [
      `with clip ${clip} and weight decay ${decay}`,
      { clip, optimizer: { ...adamw, 'weight-decay': decay } },
      {},
    ]),
  ),
  ['in micro-batches', { clip: 0.5, optimizer: adamw }, { parts: true, handOver: true }],
  ['of plain SGD', { clip: 0.5, optimizer: { ...adamw, name: 'sgd' } }, { handOver: true }],
  ['of SGD with momentum', { clip: 0.5, optimizer: { ...adamw, name: 'sgd', momentum: 0.8 } }, { parts: true, handOver: true }],
  ['of SGD with Nesterov’s momentum', { clip: 0, optimizer: { ...adamw, name: 'sgd', momentum: 0.8, nesterov: true } }, {}],
];

for (const [what, settings, how] of cases) {
  test(`a compiled step is the eager one, ${what}${how.handOver ? '; its state leads another engine to the same numbers, bit for bit' : ''}`, async () => {
    const tf = await testBackend('tensorflow');
    if (!tf) return;
    const before = tf.memory().numTensors;
    const compiled = await trained(CompiledEngine, settings, { parts: how.parts });
    assert.is(tf.memory().numTensors, before, 'no tensor is left behind');
    assertAlike(compiled, await trained(EagerEngine, settings, { parts: how.parts }));
    if (how.handOver) assert.equal(await trained(CompiledEngine, settings, { ...how, handOver: true }), compiled);
  });
}

test('where the norm is not finite nothing is updated, whole or in parts', async () => {
  if (!(await testBackend('tensorflow'))) return;
  const model = problem();
  const engine = new CompiledEngine(engineOptions(model, { clip: 1, optimizer: adamw }));
  const weights = () => Object.values(model.variables).map((variable) => [...variable.dataSync()]);
  const good = batches('captions', 4, 1);
  const bad = { ...good, targets: { data: new Float32Array(8).fill(NaN), shape: [4, 2] } };
  await engine.step('captions', [good, good], [0.01, 0.01]);
  await engine.sync();
  const before = weights();
  for (const batches of [[bad], [good, bad]]) {
    const { caption, gradientNorm } = await engine.step('captions', batches, [0.01, 0.01]);
    assert.equal([caption, gradientNorm], [NaN, NaN]);
    await engine.sync();
    assert.equal(weights(), before);
  }
  assert.ok(Number.isFinite((await engine.losses('captions', good)).caption!));
  for (const batches of [[good], [good, good]])
    assert.ok(Number.isFinite((await engine.step('captions', batches, [0.01, 0.01])).gradientNorm));
  await engine.sync();
  assert.not.equal(weights(), before);
  engine.dispose();
  model.free();
});

test.run();
