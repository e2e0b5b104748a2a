import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { captionThirds } from './caption-thirds.js';
import { captionWords, thirdOf } from './caption-words.js';

test('sentences go to the third that their marker names', () => {
  const who = 'A man with glasses is shown.';
  const thirds = ['at the beginning, he smiles.', 'then he frowns. his brows go down.', 'finally he looks up.'];
  assert.equal(captionThirds(`${who} At the beginning, he smiles. Then he frowns. His brows go down. Finally he looks up.`), thirds);
  assert.equal(captionThirds(`${who}\nAt the end, he nods.\nAt the beginning, he smiles.\nIn the middle, he rests.`), [
    'at the beginning, he smiles.',
    'in the middle, he rests.',
    'at the end, he nods.',
  ]);
});

test('without markers three or four sentences go in order', () => {
  assert.equal(captionThirds('He smiles. He rests. He nods.'), ['he smiles.', 'he rests.', 'he nods.']);
  assert.equal(captionThirds('A man. He smiles! He rests? He nods.'), ['he smiles!', 'he rests?', 'he nods.']);
});

test('other captions have no thirds', () => {
  for (const caption of ['', 'He smiles.', 'He smiles. He nods.', 'A. B. C. D. E.', 'In the beginning he smiles. At the end he nods.']) {
    assert.is(captionThirds(caption), null, caption);
  }
});

test('words that are rare enough to tell something are found in the third they stand in', () => {
  const caption = (a: string, b: string, c: string) => `Someone is shown. At first she ${a}. Then she ${b}. Finally she ${c}.`;
  const { words, thirds } = captionWords(
    [caption('smiles', 'frowns', 'rests'), caption('rests', 'smiles', 'nods'), 'No parts.', caption('frowns', 'rests', 'rests')],
    0.45,
  );
  assert.equal(
    words,
    ['at', 'finally', 'first', 'frowns', 'rests', 'smiles', 'then'].filter((word) => word !== 'she'),
  );
  assert.is(thirds[2], null);
  const named = thirds[0]!.map((third) => third.map((i) => words[i]).sort());
  assert.equal(named, [
    ['at', 'first', 'smiles'],
    ['frowns', 'then'],
    ['finally', 'rests'],
  ]);
});

test('a time step belongs to the third that holds its middle', () => {
  assert.equal(
    Array.from({ length: 8 }, (_, step) => thirdOf(step, 8)),
    [0, 0, 0, 1, 1, 2, 2, 2],
  );
  assert.equal(
    [0, 1, 2].map((step) => thirdOf(step, 3)),
    [0, 1, 2],
  );
  assert.is(thirdOf(0, 1), 1);
});

test.run();
