import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../plugin/index.js';
import { lengthBuckets } from './length-buckets.js';

const draw = seededRandom(3);
const lengths = Array.from({ length: 500 }, () => 10 + draw.integer(200));
const take = (seed: number, of: readonly number[], size: number, n: number) => {
  const order = lengthBuckets(seededRandom(seed), of, size);
  return Array.from({ length: n }, () => order.next().value);
};

test('every sample comes equally often, in full batches', () => {
  // 500 samples in batches of 8: 125 batches are two epochs.
  const all = take(1, lengths, 8, 125);
  assert.ok(all.every((batch) => batch.length === 8));
  const counts = new Map<number, number>();
  for (const i of all.flat()) counts.set(i, (counts.get(i) ?? 0) + 1);
  assert.is(counts.size, 500);
  assert.ok([...counts.values()].every((count) => count === 2));
});

test('padding is a fraction of what random batches have', () => {
  const padding = (batches: number[][]) =>
    batches.reduce(
      (sum, batch) =>
        sum + batch.reduce((most, i) => Math.max(most, lengths[i]!), 0) * batch.length - batch.reduce((all, i) => all + lengths[i]!, 0),
      0,
    );
  const bucketed = padding(take(1, lengths, 8, 62));
  const random = padding(
    take(
      1,
      lengths.map(() => 1),
      8,
      62,
    ),
  );
  assert.ok(bucketed < random / 8, `${bucketed} against ${random}`);
});

test('the seed settles the batches, which are not in order of length', () => {
  assert.equal(take(2, lengths, 8, 80), take(2, lengths, 8, 80));
  assert.not.equal(take(2, lengths, 8, 80), take(4, lengths, 8, 80));
  const means = take(2, lengths, 8, 30).map((batch) => batch.reduce((sum, i) => sum + lengths[i]!, 0));
  assert.not.equal(
    means,
    [...means].sort((a, b) => a - b),
  );
});

test('a batch may be larger than the data; no data is an error', () => {
  const [batch] = take(1, [5, 6, 7], 8, 1);
  assert.is(batch!.length, 8);
  assert.equal(new Set(batch), new Set([0, 1, 2]));
  assert.throws(() => take(1, [], 8, 1), RangeError);
});

test.run();
