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
  return { variables: Object.values(variables), forward, free: () => tf.dispose([...Object.values(variables), table]) };
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
  for (let step = 0; step < 24; step++) {
    const kind = step < 6 ? 'before' : 'captions';
    // Shapes change, come back, and kinds follow on each other.
    const { caption, auxiliary, gradientNorm } = await engine.step(kind, batches(kind, step % 3 === 0 ? 5 : 4, step), 0.01 * (step + 1));
    curve.push([caption, auxiliary, gradientNorm]);
  }
  await engine.sync();
  const weights = options.variables.map((variable) => [...variable.dataSync()]);
  engine.dispose();
  options.free();
  return { curve, weights };
}

const near = (a: number | null, b: number | null, tolerance: number) =>
  a === b || (a !== null && b !== null && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)));

for (const clip of [0, 0.5]) {
  for (const decay of [0, 0.1]) {
    test(`a compiled step is the eager one, with clip ${clip} and weight decay ${decay}`, async () => {
      const tf = await testBackend('tensorflow');
      if (!tf) return;
      const settings = { clip, optimizer: { ...testSettings.optimizer, 'weight-decay': decay } };
      const before = tf.memory().numTensors;
      const compiled = await trained((options) => new CompiledEngine(options, settings));
      assert.is(tf.memory().numTensors, before, 'no tensor is left behind');
      const eager = await trained((options) => new EagerEngine(options, settings));
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
    });
  }
}

test.run();
