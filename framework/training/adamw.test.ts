import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testBackend } from '../tensor/test-backend.js';
import { AdamW } from './adamw.js';
import { clipScale, gradientNorm } from './clip-gradients.js';

const settings = { name: 'adamw', 'learning-rate': 0.1, betas: [0.9, 0.98], 'weight-decay': 0.05, epsilon: 1e-3 } as const;
const learningRates = [0.1, 0.05, 0.2];
const start = [1, -2, 0.5];
const gradients = [
  [0.3, -4, 0],
  [0.1, 2, 1e-3],
  [-0.2, 0.5, 1e-3],
];

/** PyTorch's single-tensor AdamW (torch/optim/adamw.py) in double precision; the large epsilon shows where it stands. */
function reference(clip: number): number[] {
  const weights = [...start];
  const m = [0, 0, 0];
  const v = [0, 0, 0];
  gradients.forEach((gradient, step) => {
    const norm = Math.hypot(...gradient);
    const scale = clip ? Math.min(1, clip / (norm + 1e-6)) : 1;
    const rate = learningRates[step]!;
    weights.forEach((_, i) => {
      const g = gradient[i]! * scale;
      weights[i]! *= 1 - rate * 0.05;
      m[i] = m[i]! + (g - m[i]!) * (1 - 0.9);
      v[i] = v[i]! * 0.98 + g * g * (1 - 0.98);
      const denominator = Math.sqrt(v[i]!) / Math.sqrt(1 - 0.98 ** (step + 1)) + 1e-3;
      weights[i]! -= ((rate / (1 - 0.9 ** (step + 1))) * m[i]!) / denominator;
    });
  });
  return weights;
}

for (const backend of ['cpu', 'wasm', 'tensorflow', 'webgpu'] as const) {
  test(`AdamW equals PyTorch's on ${backend}, with and without clipping`, async () => {
    const tf = await testBackend(backend);
    if (!tf) return;
    for (const clip of [0, 1]) {
      const variable = tf.tidy(() => tf.variable(tf.tensor1d(start)));
      const late = tf.tidy(() => tf.variable(tf.tensor1d(start)));
      const optimizer = new AdamW({ variable, late }, settings);
      const before = tf.memory().numTensors;
      let constants = 0;
      for (const [step, rate] of learningRates.entries()) {
        const gradient = tf.tensor1d(gradients[step]!);
        const norm = await gradientNorm([gradient, null]);
        assert.ok(Math.abs(norm - Math.hypot(...gradients[step]!)) < 1e-5);
        optimizer.apply([gradient, null], { learningRate: rate, gradientScale: clipScale(norm, clip) });
        gradient.dispose();
        if (step === 0) constants = tf.memory().numTensors - before;
      }
      assert.is(tf.memory().numTensors - before, constants);
      const expected = reference(clip);
      const actual = await variable.data();
      expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) < 2e-6, `${backend} clip ${clip}: ${actual[i]} ${value}`));
      assert.equal([...(await late.data())], start);
      // What comes late starts with a correction of its own: the first update is one learning rate long where epsilon is small beside it.
      const gradient = tf.tensor1d([10, -10, 10]);
      optimizer.apply([null, gradient], { learningRate: 0.1, gradientScale: 1 });
      const updated = [...(await late.data())].map((value, i) => value - start[i]! * (1 - 0.1 * 0.05));
      updated.forEach((value, i) => assert.ok(Math.abs(value - [-0.1, 0.1, -0.1][i]!) < 2e-4, `${backend}: ${value}`));
      tf.dispose([gradient, variable, late]);
      optimizer.dispose();
    }
  });
}

test.run();
