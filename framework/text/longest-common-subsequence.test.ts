import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lcsLength, longestMatchChain } from './longest-common-subsequence.js';

let state = 11;
function random(n: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
}

/** Every subset of the first's items, tried. */
function bruteForce(rows: number, columns: number, matches: (i: number, j: number) => boolean): number {
  let best = 0;
  for (let subset = 0; subset < 1 << rows; subset++) {
    let [chain, j] = [0, 0];
    for (let i = 0; i < rows && j <= columns; i++) {
      if (!(subset & (1 << i))) continue;
      while (j < columns && !matches(i, j)) j++;
      if (j++ < columns) chain++;
      else chain = -rows;
    }
    best = Math.max(best, chain);
  }
  return best;
}

const tokensOf = (length: number, kinds: number) => Array.from({ length }, () => `t${random(kinds)}`);

test('both lengths are those of a search over all subsequences', () => {
  for (let round = 0; round < 400; round++) {
    const [a, b] = [tokensOf(random(9), 1 + random(4)), tokensOf(random(9), 1 + random(4))];
    const expected = bruteForce(a.length, b.length, (i, j) => a[i] === b[j]);
    assert.is(lcsLength(a, b), expected);
    assert.is(longestMatchChain(a.length, b.length, (i, j) => a[i] === b[j]).length, expected);
    const matrix = a.map(() => b.map(() => random(3) === 0));
    const matches = (i: number, j: number) => matrix[i]![j]!;
    const chain = longestMatchChain(a.length, b.length, matches);
    assert.is(chain.length, bruteForce(a.length, b.length, matches));
    chain.forEach(([i, j], k) => {
      assert.ok(matches(i, j));
      if (k) assert.ok(i > chain[k - 1]![0] && j > chain[k - 1]![1]);
    });
  }
});

test('the bit-parallel length carries over 32-token words', () => {
  for (const length of [31, 32, 33, 63, 64, 65, 200]) {
    for (const kinds of [1, 2, 5, 40]) {
      const [a, b] = [tokensOf(length, kinds), tokensOf(length + random(40), kinds)];
      assert.is(
        lcsLength(a, b),
        longestMatchChain(a.length, b.length, (i, j) => a[i] === b[j]).length,
        `${length} tokens of ${kinds} kinds`,
      );
      assert.is(lcsLength(a, b), lcsLength(b, a));
      assert.is(lcsLength(a, a), length);
    }
  }
});

test.run();
