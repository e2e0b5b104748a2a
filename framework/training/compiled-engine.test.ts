import type { Scalar } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HostBatch } from '../contracts/index.js';
import { seededRandom } from '../plugin/index.js';
import { constantVariable, embed, linear, normalVariable, tensorflow, gelu, rmsNorm } from '../tensor/index.js';
import { testBackend } from '../tensor/test-backend.js';
import { CompiledEngine } from './compiled-engine.js';
import { EagerEngine } from './eager-engine.js';
import type { Forward, StepEngine, StepKind } from './step-engine.js';
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
  const { aside, ...main } = variables;
  const groups = [
    { variables: main, learningRate: 1, weightDecay: 0.1 },
    { variables: { aside }, learningRate: 1, weightDecay: 0 },
  ];
  return { variables, groups, forward, free: () => tf.dispose([...Object.values(variables), table]) };
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

async function trained(make: (options: ReturnType<typeof problem>) => StepEngine) {
  const options = problem();
  const engine = make(options);
  const curve: (number | null)[][] = [];
  for (let step = 0; step < 16; step++) {
    const kind = step < 6 ? 'before' : 'captions';
    // Shapes change, come back, kinds follow on each other, some steps go in two parts.
    const micro = [batches(kind, step % 3 === 0 ? 5 : 4, step), ...(step % 4 === 1 ? [batches(kind, 3, step)] : [])];
    const { caption, auxiliary, gradientNorm } = await engine.step(kind, micro, [0.001 * (step + 1), 0.02]);
    curve.push([caption, auxiliary, gradientNorm]);
  }
  await engine.sync();
  const state = await engine.state();
  const weights = Object.values(options.variables).map((variable) => [...variable.dataSync()]);
  engine.dispose();
  options.free();
  return { curve, weights, state };
}

/** Hands over to a new engine after some steps. */
class Relay implements StepEngine {
  #engine: StepEngine;
  #left: number;

  constructor(
    private readonly make: () => StepEngine,
    steps: number,
  ) {
    this.#engine = make();
    this.#left = steps;
  }

  async step(...[kind, batches, rates]: Parameters<StepEngine['step']>): ReturnType<StepEngine['step']> {
    if (this.#left-- === 0) {
      await this.#engine.sync();
      const state = await this.#engine.state();
      this.#engine.dispose();
      this.#engine = this.make();
      this.#engine.restore(state);
    }
    return this.#engine.step(kind, batches, rates);
  }

  losses = (...[kind, batch]: Parameters<StepEngine['losses']>) => this.#engine.losses(kind, batch);
  state = () => this.#engine.state();
  restore = (state: Awaited<ReturnType<StepEngine['state']>>) => this.#engine.restore(state);
  sync = () => this.#engine.sync();
  dispose = () => this.#engine.dispose();
}

const near = (a: number | null, b: number | null, tolerance: number) =>
  a === b || (a !== null && b !== null && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)));

const optimizers = {
  adamw: { ...testSettings.optimizer, name: 'adamw', momentum: 0, nesterov: false },
  sgd: { ...testSettings.optimizer, name: 'sgd', momentum: 0, nesterov: false },
  nesterov: { ...testSettings.optimizer, name: 'sgd', momentum: 0.9, nesterov: true },
} as const;

for (const clip of [0, 0.5]) {
  for (const [name, optimizer] of Object.entries(optimizers)) {
    test(`a compiled step is the eager one, with ${name} and clip ${clip}`, async () => {
      const tf = await testBackend('tensorflow');
      if (!tf) return;
      const settings = { clip, optimizer, precision: 'fp32', engine: 'auto', 'check-engine': true } as const;
      const before = tf.memory().numTensors;
      const compiled = await trained((options) => new CompiledEngine({ ...options, ...settings }));
      assert.is(tf.memory().numTensors, before, 'no tensor is left behind');
      const eager = await trained((options) => new EagerEngine({ ...options, ...settings }));
      compiled.curve.forEach((values, step) =>
        values.forEach((value, i) =>
          assert.ok(near(value, eager.curve[step]![i]!, 2e-5), `step ${step}: ${values} and ${eager.curve[step]}`),
        ),
      );
      compiled.weights.forEach((values, i) =>
        values.forEach((value, j) =>
          assert.ok(near(value, eager.weights[i]![j]!, 5e-5), `variable ${i}: ${value} and ${eager.weights[i]![j]}`),
        ),
      );
      assert.equal(Object.keys(compiled.state).sort(), Object.keys(eager.state).sort());
      for (const [name, { data }] of Object.entries(eager.state)) {
        data.forEach((value, j) =>
          assert.ok(near(compiled.state[name]!.data[j]!, value, 5e-5), `${name}: ${compiled.state[name]!.data[j]}, ${value}`),
        );
      }
    });
  }
}

test('a compiled engine goes on from the state of another, bit for bit', async () => {
  if (!(await testBackend('tensorflow'))) return;
  const settings = { clip: 1, optimizer: optimizers.adamw, precision: 'fp32', engine: 'auto', 'check-engine': true } as const;
  const whole = await trained((options) => new CompiledEngine({ ...options, ...settings }));
  const again = await trained((options) => new Relay(() => new CompiledEngine({ ...options, ...settings }), 11));
  assert.equal(again.curve, whole.curve);
  assert.equal(again.weights, whole.weights);
});

test.run();
