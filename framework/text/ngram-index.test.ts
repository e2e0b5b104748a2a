import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NgramIndex } from './ngram-index.js';

test('counts and orders are those of n-grams as strings, through the growth of the table', () => {
  let state = 3;
  const random = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const index = new NgramIndex(3);
  const names = new Map<number, string>();
  for (let text = 0; text < 250; text++) {
    const tokens = Array.from({ length: random(200) }, () => `w${random(60)}`);
    const expected = new Map<string, number>();
    for (let n = 1; n <= 3; n++) {
      for (let i = 0; i + n <= tokens.length; i++) {
        const gram = tokens.slice(i, i + n).join(' ');
        expected.set(gram, (expected.get(gram) ?? 0) + 1);
      }
    }
    const { ids, counts } = index.count(tokens);
    assert.is(new Set(ids).size, expected.size);
    // An id's string is learned from the first text that has it: walk the n-grams in the order of counting.
    const seen = new Set<string>();
    let next = 0;
    for (let i = 0; i < tokens.length; i++) {
      for (let n = 1; n <= 3 && i + n <= tokens.length; n++) {
        const gram = tokens.slice(i, i + n).join(' ');
        if (seen.has(gram)) continue;
        seen.add(gram);
        const id = ids[next]!;
        assert.is(names.get(id) ?? gram, gram);
        assert.is(index.order(id), n);
        assert.is(counts[next++], expected.get(gram));
        assert.ok(id < index.size);
        names.set(id, gram);
      }
    }
    assert.is(new Set(names.values()).size, names.size);
  }
  assert.ok(index.size > 1 << 14, 'the table has grown');
});

test.run();
