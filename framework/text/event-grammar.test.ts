import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { EventGrammar } from '../contracts/index.js';
import { actionsIn, splitParts } from './event-grammar.js';

const grammar: EventGrammar = {
  parts: [
    { name: 'beginning', markers: ['At the beginning', 'first'] },
    { name: 'middle', markers: ['in the middle', 'then'] },
    { name: 'end', markers: ['at the end', 'in the middle of the end'] },
  ],
  actions: [
    { name: 'smile', patterns: ['\\bsmil(?:es|ing)\\b'] },
    { name: 'open-mouth', patterns: ['opens (?:his|her) mouth'] },
    { name: 'surprise', patterns: ['opens (?:his|her) mouth in surprise', '\\bsurprised?\\b'] },
    { name: 'nothing', patterns: ['no change', 'x*'], none: true },
  ],
};

test('parts begin at sentences opened by a marker and go on to the next', () => {
  const caption =
    'A man is shown. At the beginning of it, he smiles. He nods.\nThen he frowns! In the middle he waits. "At the end" he stops.';
  assert.equal(splitParts(caption, grammar), ['of it, he smiles. he nods.', 'he frowns! he waits. "', '" he stops.']);
});

test('the longest marker holds, only whole words count, and only where a sentence opens', () => {
  assert.equal(splitParts('In the middle of the end, he smiles.', grammar), ['', '', ', he smiles.']);
  assert.equal(splitParts('Firstly he smiles, then he frowns. Thence.', grammar), ['', '', '']);
  assert.equal(splitParts('', grammar), ['', '', '']);
});

test('actions come in order; overlaps go to the longer one, empty matches to none', () => {
  assert.equal(actionsIn('She opens her mouth, SMILES, is smiling, opens her mouth in surprise; no change.', grammar), [
    'open-mouth',
    'smile',
    'surprise',
    'nothing',
  ]);
  assert.equal(actionsIn('smiles, no change, smiles', grammar), ['smile', 'nothing', 'smile']);
  assert.equal(actionsIn('', grammar), []);
});

test('a pattern that is no regular expression is a fault', () => {
  const broken: EventGrammar = { parts: [], actions: [{ name: 'smile', patterns: ['(smile'] }] };
  try {
    actionsIn('x', broken);
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'DATASET_INVALID');
    assert.match((error as Error).message, /\(smile.*smile/);
  }
});

test.run();
