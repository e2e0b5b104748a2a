import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rougeL } from './rouge-l.js';

const words = (text: string) => text.split(' ').filter(Boolean);
const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} against ${expected}`);

test('the value is the formula', () => {
  // LCS "a man smiles" = 3, P = 3/4, R = 3/5, b^2 = 1.44.
  near(rougeL(words('a man now smiles'), [words('a tall man gently smiles')]), (2.44 * 0.75 * 0.6) / (0.6 + 1.44 * 0.75));
  near(rougeL(words('a man now smiles'), [words('a tall man gently smiles')], 1), (2 * 0.75 * 0.6) / (0.6 + 0.75));
});

test('precision and recall are the best over references, each by itself', () => {
  const value = rougeL(words('a b c d'), [words('a b'), words('a b c d e f g h')]);
  // P from the second (4/4), R from the first (2/2).
  near(value, 1);
});

test('empty against empty is 1 as in pycocoevalcap, empty against text 0', () => {
  assert.is(rougeL([], [[]]), 1);
  assert.is(rougeL([], [['a']]), 0);
  assert.is(rougeL(['a'], [[]]), 0);
});

test.run();
