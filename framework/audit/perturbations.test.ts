import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../paths.js';
import { seededRandom } from '../plugin/index.js';
import { readCaptionFile } from '../text/index.js';
import { captionSplitter, joinParts } from './caption-parts.js';
import { readLexicon } from './lexicon.js';
import { perturb } from './perturb.js';
import { perturbations } from './perturbations.js';

// Written for this test, in the manner of FEC-Bench.
const caption = `The video shows the emotional changes of a young woman. She has short black hair and thick eyebrows.
At the beginning of the video, she opens her eyes, looks to the right, and smiles slightly. As the video progresses, she blinks.
In the middle of the video, her head sways left and right, and her gaze turns to the left.
Towards the end of the video, she lowers her head.`;

const lexicon = readLexicon();
const all = new Map(perturbations(lexicon).map((one) => [one.name, one]));
const apply = (name: string, text = caption) => all.get(name)!.apply(text, seededRandom(1));
/** The caption with pieces replaced, each of which it must hold. */
const edited = (...edits: readonly (readonly [string, string])[]) =>
  edits.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), from);
    return text.replaceAll(from, to);
  }, caption);

test('a caption is taken apart at its time phrases and joins to itself', () => {
  const split = captionSplitter(lexicon['time-phrases']);
  const parts = split(caption);
  assert.is(parts.shown, 'The video shows the emotional changes of a young woman. She has short black hair and thick eyebrows.\n');
  assert.equal(
    parts.timed.map(({ when, gap }) => [when, gap]),
    [
      ['At the beginning of the video, ', ' '],
      ['As the video progresses, ', '\n'],
      ['In the middle of the video, ', '\n'],
      ['Towards the end of the video, ', ''],
    ],
  );
  assert.is(joinParts(parts), caption);
  const whens = (text: string) => split(text).timed.map(({ when }) => when);
  assert.equal(whens('In the middle to later part of the video, he nods. Then he blinks. In the following videos, he speaks.'), [
    'In the middle to later part of the video, ',
    'Then ',
    'In the following videos, ',
  ]);
  assert.equal(whens('In the middle of her forehead, a wrinkle appears. Thenceforth, she nods.'), []);
  assert.equal(split('').timed, []);
});

test('order-reversed keeps the time phrases in their places', () => {
  assert.is(
    apply('order-reversed'),
    `The video shows the emotional changes of a young woman. She has short black hair and thick eyebrows.
At the beginning of the video, she lowers her head. As the video progresses, her head sways left and right, and her gaze turns to the left.
In the middle of the video, she blinks.
Towards the end of the video, she opens her eyes, looks to the right, and smiles slightly.`,
  );
  assert.is(apply('order-reversed', 'A man. At the beginning of the video, he nods.'), null);
});

test('words by their opposites, each in its own place only', () => {
  assert.is(apply('opposite-emotion'), edited(['smiles', 'frowns']));
  assert.is(
    apply('opposite-emotion', 'Calm at first, he has smile lines and looks happy.'),
    'Agitated at first, he has smile lines and looks sad.',
  );
  assert.is(apply('opposite-emotion', 'A man with smile lines.'), null);
  assert.is(
    apply('left-right'),
    edited(['to the right', 'to the RIGHT'], ['to the left', 'to the right'], ['to the RIGHT', 'to the left']),
  );
  assert.is(apply('left-right', 'Her head sways left and right.'), null);
  assert.is(apply('appearance'), edited(['a young', 'an elderly'], ['short black', 'long blond'], ['thick', 'thin']));
  // Who is shown is not told what happens, and the other way round.
  assert.is(apply('opposite-movement'), edited(['opens her', 'closes her'], ['lowers', 'raises']));
  assert.is(apply('appearance', 'At the end of the video, he has black hair.'), null);
});

test('other-person names the other person once as the owner, then as the subject', () => {
  assert.is(
    apply(
      'other-person',
      'A woman. At the beginning of the video, her eyes open, and she smiles at him. Then, she covers her face with her hand, and hides her.',
    ),
    "A woman. At the beginning of the video, the other person's eyes open, and the other person smiles at them. Then, the other person covers their face with their hand, and hides them.",
  );
  assert.is(apply('other-person', 'She nods.'), null);
});

test('one event is dropped, another one under another seed, never the clause with the subject', () => {
  const outcomes = new Set(Array.from({ length: 40 }, (_, seed) => all.get('event-dropped')!.apply(caption, seededRandom(seed))));
  assert.equal(
    outcomes,
    new Set([
      edited([', looks to the right', '']),
      edited([', and smiles slightly', '']),
      edited([', and her gaze turns to the left', '']),
    ]),
  );
  assert.is(apply('event-dropped', 'A man. At the beginning of the video, he nods, slowly.'), null);
});

test('lengths', () => {
  assert.is(apply('half', 'one two three four five'), 'one two three');
  assert.is(apply('half', 'one'), null);
  assert.is(apply('tenth-cut', '1 2 3 4 5 6 7 8 9 10 11'), '1 2 3 4 5 6 7 8 9');
  assert.is(apply('doubled', 'She nods.\n'), 'She nods.\n'.trim() + ' She nods.\n');
});

test('the paraphrase has as many words and chains no replacement', () => {
  for (const [from, to] of Object.entries(lexicon.paraphrase.replace)) assert.is(to.split(' ').length, from.split(' ').length, from);
  assert.is(
    apply('paraphrase', 'He raises and lifts his eyebrows, speaking slightly.'),
    'He lifts and raises his brows, talking somewhat.',
  );
  assert.match(apply('paraphrase')!, /^The clip depicts the emotional shifts of a youthful female\./);
});

test('perturb gives counts, lengths and what changed; the draw hangs on the id alone', () => {
  const items = [
    { id: 'a', caption },
    { id: 'b', caption: 'She nods.' },
  ];
  const both = new Map(perturb(items, lexicon, 3).map((one) => [one.name, one]));
  const alone = new Map(perturb(items.slice(0, 1), lexicon, 3).map((one) => [one.name, one]));
  assert.is(both.get('event-dropped')!.captions[0], alone.get('event-dropped')!.captions[0]);
  assert.equal([both.get('left-right')!.n, both.get('left-right')!.length], [1, 1]);
  assert.equal([both.get('doubled')!.n, both.get('doubled')!.length, both.get('doubled')!.changed], [2, 2, 0.5]);
  const emotion = both.get('opposite-emotion')!;
  assert.equal(emotion.captions[1], null);
  assert.ok(Math.abs(emotion.changed! - 1 / caption.split(/\s+/).length) < 1e-12);
});

const file = join(packageRoot, '../shared/data/fec-bench/test.json');
if (!existsSync(file)) console.log(`skipped: no ${file}`);
(existsSync(file) ? test : test.skip)('what applies to the 800 captions of FEC-Bench', () => {
  const items = readCaptionFile(file).map(({ id, captions }) => ({ id, caption: captions[0]! }));
  const split = captionSplitter(lexicon['time-phrases']);
  for (const { caption } of items) assert.is(joinParts(split(caption)), caption);
  const found = perturb(items, lexicon, 0);
  assert.equal(Object.fromEntries(found.map(({ name, n }) => [name, n])), {
    'order-reversed': 788,
    'opposite-movement': 796,
    'opposite-emotion': 175,
    'left-right': 568,
    'other-person': 796,
    appearance: 797,
    'event-dropped': 796,
    'tenth-cut': 800,
    half: 800,
    paraphrase: 800,
    doubled: 800,
  });
  for (const { name, length } of found) {
    if (['opposite-movement', 'opposite-emotion', 'left-right', 'appearance', 'paraphrase', 'order-reversed'].includes(name))
      assert.ok(Math.abs(length! - 1) < 0.005, `${name}: ${length}`);
  }
});

test.run();
