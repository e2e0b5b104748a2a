import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testBackend } from '../tensor/test-backend.js';
import { Sgd } from './sgd.js';

const start = [1, -2, 0.5];
const rates = [0.1, 0.05, 0.2, 0.1];
const gradients = [
  [0.3, -4, 0],
  [0.1, 2, 1e-3],
  [-0.2, 0.5, 1e-3],
  [1, 1, -1],
];

/** PyTorch's single-tensor SGD (torch/optim/sgd.py, dampening 0) in double precision, the first velocity a copy of the gradient. */
function reference(momentum: number, nesterov: boolean, decay: number): number[] {
  const weights = [...start];
  let velocity: number[] | undefined;
  gradients.forEach((gradient, step) => {
    const decayed = gradient.map((g, i) => g * 0.5 + decay * weights[i]!);
    velocity = velocity ? velocity.map((v, i) => momentum * v + decayed[i]!) : decayed;
    weights.forEach((_, i) => {
      const direction = momentum === 0 ? decayed[i]! : nesterov ? decayed[i]! + momentum * velocity![i]! : velocity![i]!;
      weights[i]! -= rates[step]! * direction;
    });
  });
  return weights;
}

for (const backend of ['cpu', 'wasm', 'tensorflow', 'webgpu'] as const) {
  test(`SGD equals PyTorch's on ${backend}, and goes on from its state`, async () => {
    const tf = await testBackend(backend);
    if (!tf) return;
    for (const [momentum, nesterov, decay] of [
      [0, false, 0],
      [0, false, 0.1],
      [0.9, false, 0.1],
      [0.9, true, 0.1],
    ] as const) {
      const settings = { momentum, nesterov, 'weight-decay': decay };
      const make = () => tf.tidy(() => tf.variable(tf.tensor1d(start)));
      const [a, untouched] = [make(), make()];
      let optimizer = new Sgd({ a, untouched }, settings);
      const before = tf.memory().numTensors;
      for (const [step, rate] of rates.entries()) {
        // Half way another one takes over.
        if (step === 2) {
          const next = new Sgd({ a, untouched }, settings);
          next.restore(await optimizer.state());
          optimizer.dispose();
          optimizer = next;
        }
        const gradient = tf.tensor1d(gradients[step]!);
        optimizer.apply([gradient, null], { learningRate: rate, gradientScale: 0.5 });
        gradient.dispose();
      }
      assert.is(tf.memory().numTensors, before);
      const actual = await a.data();
      reference(momentum, nesterov, decay).forEach((value, i) =>
        assert.ok(Math.abs(actual[i]! - value) < 1e-6, `${backend} ${momentum} ${nesterov}: ${actual[i]}, not ${value}`),
      );
      assert.equal([...(await untouched.data())], start);
      optimizer.dispose();
      tf.dispose([a, untouched]);
    }
  });
}

test.run();
