import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../plugin/index.js';
import { testBackend } from '../test-backend.js';
import { tidy } from '../tidy.js';
import { blockWeights, cachedBlock, transformerBlock, type KeyValueCache } from './transformer-block.js';

for (const backend of ['cpu', 'wasm', 'tensorflow', 'webgpu'] as const) {
  test(`token by token with a cache the block gives what it gives all at once, on ${backend}`, async () => {
    const tf = await testBackend(backend);
    if (!tf) return;
    const [batch, length, width, heads, capacity] = [2, 5, 8, 2, 6];
    const weights = blockWeights(seededRandom(1), { width, inner: 12, depth: 2 });
    const before = tf.memory().numTensors;
    const largest = tidy(() => {
      const x = tf.randomNormal([batch, length, width], 0, 1, 'float32', 3);
      const causal = (rows: number, first: number, columns: number) =>
        tf.tensor4d(
          Float32Array.from({ length: rows * columns }, (_, i) => (i % columns > first + Math.floor(i / columns) ? -1e9 : 0)),
          [1, 1, rows, columns],
        );
      const whole = transformerBlock(tf.reshape(x, [-1, width]), weights, causal(length, 0, length), { batch, length, heads });
      const expected = tf.reshape(whole, [batch, length, width]);

      const prefix = 3;
      const start = tf.reshape(tf.slice(x, [0, 0, 0], [batch, prefix, width]), [-1, width]);
      const shape = { batch, heads, capacity };
      const first = cachedBlock(start, weights, null, { ...shape, length: prefix, mask: causal(prefix, 0, capacity), place: null });
      const parts = [tf.reshape(first.x, [batch, prefix, width])];
      let cache: KeyValueCache = first.cache;
      for (let at = prefix; at < length; at++) {
        const row = tf.reshape(tf.slice(x, [0, at, 0], [batch, 1, width]), [-1, width]);
        const place = tf.tensor4d(
          Float32Array.from({ length: capacity }, (_, i) => Number(i === at)),
          [1, 1, capacity, 1],
        );
        const next = cachedBlock(row, weights, cache, { ...shape, length: 1, mask: causal(1, at, capacity), place });
        parts.push(tf.reshape(next.x, [batch, 1, width]));
        cache = next.cache;
      }
      return tf.max(tf.abs(tf.sub(tf.concat(parts, 1), expected)));
    });
    const difference = (await largest.data())[0]!;
    largest.dispose();
    assert.ok(difference < 1e-5, `they differ by ${difference}`);
    assert.ok(tf.memory().numTensors <= before + 16);
    tf.dispose(Object.values(weights));
  });
}

test.run();
