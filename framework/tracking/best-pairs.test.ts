import { seededRandom } from '../plugin/index.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bestPairs } from './best-pairs.js';

const total = (gains: number[][], columns: readonly number[]) => columns.reduce((sum, column, row) => sum + (gains[row]?.[column] ?? 0), 0);

/** The greatest total there is, by trying every pairing. */
function exhaustive(gains: number[][], row = 0, used = new Set<number>()): number {
  if (row === gains.length) return 0;
  let best = exhaustive(gains, row + 1, used);
  gains[row]!.forEach((gain, column) => {
    if (used.has(column)) return;
    used.add(column);
    best = Math.max(best, gain + exhaustive(gains, row + 1, used));
    used.delete(column);
  });
  return best;
}

test('known pairings', () => {
  assert.equal(bestPairs([]), []);
  assert.equal(bestPairs([[], []]), [-1, -1]);
  assert.equal(bestPairs([[0, 0]]), [-1], 'a gain of 0 is no pair');
  assert.equal(
    bestPairs([
      [9, 8],
      [8, 1],
    ]),
    [1, 0],
    'the sum counts, not the best single pair',
  );
  assert.equal(
    bestPairs([
      [0.9, 0.1],
      [0.1, 0],
    ]),
    [0, -1],
    'more pairs are not worth a bad one',
  );
  assert.equal(bestPairs([[1], [3], [2]]), [-1, 0, -1], 'more rows than columns');
  assert.equal(bestPairs([[1, 3, 2]]), [1], 'more columns than rows');
});

test('as good as trying every pairing, each column at most once', () => {
  const random = seededRandom(7);
  for (let round = 0; round < 400; round++) {
    const [rows, columns] = [1 + random.integer(5), 1 + random.integer(5)];
    const gains = Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.max(0, random.next() - 0.3)));
    const found = bestPairs(gains);
    const taken = found.filter((column) => column >= 0);
    assert.is(new Set(taken).size, taken.length);
    assert.ok(Math.abs(total(gains, found) - exhaustive(gains)) < 1e-9);
  }
});

test.run();
