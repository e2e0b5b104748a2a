import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from 'mienlab/faults';
import { seededRandom } from 'mienlab/plugin';
import { ByteBpe } from './byte-bpe.js';

const corpus = ['the man smiles then the man smiles', 'the woman smiles', 'At the end, the man nods.'];

test('the most frequent pair is merged first, ties by id', () => {
  // "he" stands 6 times, then "the" as often, then " the" 4 times: two texts begin with "the".
  const { merges } = ByteBpe.train(corpus, 259).state();
  const bytes = (pair: [number, number]) => pair.map((id) => (id < 256 ? String.fromCharCode(id) : `<${id}>`)).join('+');
  assert.equal(merges.map(bytes), ['h+e', 't+<256>', ' +<257>']);
});

test('the order of the texts does not matter', () => {
  const one = ByteBpe.train(corpus, 300).state();
  assert.equal(ByteBpe.train([...corpus].reverse(), 300).state(), one);
});

test('frequent words become one token, and training stops where no pair occurs twice', () => {
  const bpe = ByteBpe.train(Array<string>(3).fill(' smiles broadly'), 10_000);
  assert.is(bpe.encode(' smiles broadly').length, 2);
  assert.is(bpe.size, 256 + 6 + 7);
  assert.is(ByteBpe.train(['abc'], 10_000).size, 256);
  assert.is(ByteBpe.train(['abab'], 256).size, 256);
});

test('any text comes back as it was', () => {
  const bpe = ByteBpe.train(corpus, 300);
  const texts = [
    '',
    ' ',
    '\n\n x',
    "don't  do\tthat",
    'Größe 3½ €',
    '漢字かな交じり',
    '👩‍👩‍👧‍👦🏳️‍🌈',
    '\u0000\u{10ffff}',
    '\ufeffBOM',
    'e\u0301',
    'مرحبا',
    '  a   b  ',
  ];
  for (const text of texts) assert.is(bpe.decode(bpe.encode(text)), text, JSON.stringify(text));
});

test('random text of every kind comes back, in ids below the size', () => {
  const random = seededRandom(11);
  const bpe = ByteBpe.train(corpus, 290);
  const pieces = ['the', ' man', "'s", ' ', '  ', '\n', '\t', '9', 'é', '漢', '👍', '\u200d', '.', '…', '\u00a0', 'ſ', '\u0301'];
  for (let round = 0; round < 400; round++) {
    const text = Array.from({ length: random.integer(30) }, () => {
      if (random.next() < 0.6) return pieces[random.integer(pieces.length)]!;
      const point = random.integer(0x110000);
      return point >= 0xd800 && point < 0xe000 ? '?' : String.fromCodePoint(point);
    }).join('');
    const ids = bpe.encode(text);
    assert.ok(ids.every((id) => Number.isInteger(id) && id >= 0 && id < bpe.size));
    assert.is(bpe.decode(ids), text, JSON.stringify(text));
  }
});

test('any ids decode to a text without a fault', () => {
  const random = seededRandom(4);
  const bpe = ByteBpe.train(corpus, 290);
  for (let round = 0; round < 200; round++) {
    const ids = Array.from({ length: random.integer(20) }, () => random.integer(300));
    assert.type(bpe.decode(ids), 'string');
  }
  assert.is(bpe.decode([0xe2, 0x82, 65, 999, -1]), '\ufffdA');
});

test('the state brings it back; a damaged one is a fault', () => {
  const bpe = ByteBpe.train(corpus, 300);
  const back = ByteBpe.restore(JSON.parse(JSON.stringify(bpe.state())));
  assert.equal(back.encode(corpus[2]!), bpe.encode(corpus[2]!));
  assert.is(back.size, bpe.size);
  for (const state of [
    null,
    {},
    { type: 'byte-bpe' },
    { type: 'byte-bpe', merges: [[1]] },
    { type: 'byte-bpe', merges: [[1, 256]] },
    { type: 'x', merges: [] },
  ]) {
    try {
      ByteBpe.restore(state);
      assert.unreachable(JSON.stringify(state));
    } catch (error) {
      assert.is((error as Fault).code, 'CHECKPOINT_INVALID');
    }
  }
});

test.run();
