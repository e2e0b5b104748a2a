import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ptbTokenize, rougeL } from '../text/index.js';
import { blindPredictions } from './blind-baselines.js';

const train = ['a man smiles', 'a man smiles and nods', 'a man frowns and nods', 'nothing like it at all', 'a man smiles and frowns'];
const clips = Array.from({ length: 7 }, (_, i) => ({ references: [`caption ${i}`, 'second'] }));

test('the constant is the training caption with the best mean ROUGE-L against the others, whatever the seed', () => {
  const tokens = train.map(ptbTokenize);
  const means = tokens.map((candidate, c) => tokens.reduce((sum, reference, r) => sum + (r === c ? 0 : rougeL(candidate, [reference])), 0));
  const best = train[means.indexOf(Math.max(...means))]!;
  for (const seed of [0, 1, 2]) {
    const { constant } = blindPredictions({ trainReferences: train, testClips: clips, seed });
    assert.equal(
      constant,
      clips.map(() => best),
    );
  }
});

test('the other caption is never the own, each is used once, and the seed decides', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const { other } = blindPredictions({ trainReferences: [], testClips: clips, seed });
    other!.forEach((caption, i) => assert.is.not(caption, `caption ${i}`));
    assert.is(new Set(other).size, clips.length);
    assert.equal(blindPredictions({ trainReferences: [], testClips: clips, seed }).other, other);
    seen.add(other!.join());
  }
  assert.ok(seen.size > 40);
});

test('clips without references get some caption, and there is none where nothing can be had', () => {
  const { constant, other } = blindPredictions({ trainReferences: [], testClips: [...clips, { references: [] }], seed: 3 });
  assert.is(constant, null);
  assert.is(other!.length, 8);
  assert.match(other![7]!, /^caption/);
  assert.is(blindPredictions({ trainReferences: train, testClips: clips.slice(0, 1), seed: 3 }).other, null);
  assert.is(blindPredictions({ trainReferences: train, testClips: [], seed: 3 }).other, null);
});

test('the search is bounded', () => {
  const many = Array.from({ length: 5_000 }, (_, i) => `person ${i} ${'word '.repeat(40 + (i % 50))}`);
  const started = performance.now();
  blindPredictions({ trainReferences: many, testClips: clips, seed: 1 });
  assert.ok(performance.now() - started < 5_000);
});

test.run();
