import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../plugin/index.js';
import { batches, epochOrders } from './batches.js';

const take = (seed: number, count: number, size: number, n: number) => {
  const order = batches(seededRandom(seed), Array<number>(count).fill(1), size);
  return Array.from({ length: n }, () => order.next().value);
};

test('every epoch holds every sample once, in another order', () => {
  const flat = take(1, 7, 3, 7).flat();
  const epochs = [flat.slice(0, 7), flat.slice(7, 14), flat.slice(14, 21)];
  for (const epoch of epochs) assert.equal([...epoch].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assert.not.equal(epochs[0], epochs[1]);
});

test('the seed settles the order', () => {
  assert.equal(take(2, 20, 8, 5), take(2, 20, 8, 5));
  assert.not.equal(take(2, 20, 8, 5), take(3, 20, 8, 5));
});

test('a batch may be larger than the data', () => {
  const [batch] = take(1, 3, 8, 1);
  assert.is(batch!.length, 8);
  assert.equal(new Set(batch), new Set([0, 1, 2]));
});

test('weights say how often a sample is drawn, fairly over the epochs', () => {
  const weights = [2, 1, 0.5, 0.25, 1.75];
  const epoch = epochOrders(seededRandom(4), weights);
  const counts = weights.map(() => 0);
  for (let n = 1; n <= 12; n++) {
    for (const i of epoch(n - 1)) counts[i]!++;
    weights.forEach((weight, i) => assert.ok(Math.abs(counts[i]! - n * weight) < 1, `sample ${i}: ${counts[i]} after ${n} epochs`));
  }
  assert.equal(counts, [24, 12, 6, 3, 21]);
  assert.equal(epochOrders(seededRandom(4), weights)(3), epoch(3));
});

test.run();
