import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../plugin/index.js';
import { batches } from './batches.js';

const take = (seed: number, count: number, size: number, n: number) => {
  const order = batches(seededRandom(seed), count, size);
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

test.run();
