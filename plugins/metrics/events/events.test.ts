import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ScoredClip } from 'mienlab/contracts';
import { manifestConforms, metricConforms, sampleClips, sampleGrammar, sourceFolder, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
metricConforms(plugin);

/** Smiles in the first second, blinks and frowns in the second, does nothing in the third; a distractor frowns all along. */
function clip(prediction: string, change: Partial<NonNullable<ScoredClip['clip']['truth']>> = {}): ScoredClip {
  const [sample] = sampleClips();
  const times = Array.from({ length: 6 }, (_, i) => i / 2);
  const truth = {
    times,
    people: ['a', 'b'].map((id) => ({ id, boxes: times.map(() => null) })),
    principal: 'a',
    actions: [
      { person: 'a', action: 'smile', start: 0, end: 1.05 },
      { person: 'b', action: 'frown', start: 0, end: 3 },
      { person: 'a', action: 'blink', start: 1.1, end: 1.4 },
      { person: 'a', action: 'frown', start: 1.4, end: 2.05 },
    ],
    ...change,
  };
  return { ...sample!, prediction, clip: { ...sample!.clip, truth } };
}

async function score(clips: ScoredClip[], config = { 'min-overlap': 0.1 }): Promise<(number | null)[][]> {
  const metric = await plugin.create(testContext(), config, { judge: null, grammar: sampleGrammar });
  return (await metric.score(clips)).map(({ values }) => [...values]);
}

test('a part is right when it names the longest action and nothing that the principal does not do in it', async () => {
  const [events, leak] = await score([
    clip('At the beginning he smiles. In the middle he frowns. Towards the end there is no change.'),
    // The blink is the principal's own, though not the longest.
    clip('At first he smiles. Then he blinks and frowns. Towards the end there is no obvious change.'),
    clip('At first he smiles. Then he blinks. Towards the end there is no change.'),
    // The right action and a wrong one are wrong.
    clip('At first he smiles and blinks. Then he frowns. Towards the end there is no change.'),
    clip('At first he frowns. Then he frowns. Towards the end he smiles and frowns.'),
    clip(''),
  ]);
  assert.equal(events, [1, 1, 2 / 3, 2 / 3, 1 / 3, 0]);
  assert.equal(leak, [0, 0, 0, 0, 2 / 3, 0]);
});

test('a distractor who does nothing is no leak', async () => {
  const actions = ['smile', 'smile', 'smile'].map((action, i) => ({ person: 'a', action, start: i, end: i + 1 }));
  const resting = clip('At first there is no change. Then there is no change. Towards the end he frowns.', {
    actions: [...actions, { person: 'b', action: 'no-change', start: 0, end: 2 }, { person: 'b', action: 'frown', start: 2, end: 3 }],
  });
  assert.equal(await score([resting]), [[0], [1 / 3]]);
});

test('what covers too little of a part does not count as done in it', async () => {
  const caption = 'At first he smiles. Then he frowns. Towards the end he frowns.';
  assert.equal((await score([clip(caption)], { 'min-overlap': 0 }))[0], [1]);
  assert.equal((await score([clip(caption)], { 'min-overlap': 0.1 }))[0], [2 / 3]);
});

test('nobody can leak where nobody else is; without truth or duration there is no value', async () => {
  const alone = clip('At first he frowns.', { people: [{ id: 'a', boxes: [] }] });
  const bare = clip('x');
  bare.clip = { ...bare.clip, truth: undefined };
  const still = clip('x', { times: [0] });
  const [events, leak] = await score([alone, bare, still]);
  assert.equal(events, [0, null, null]);
  assert.equal(leak, [null, null, null]);
});

test('an action that the grammar lacks is a fault with the nearest name', async () => {
  const wrong = clip('x', { actions: [{ person: 'a', action: 'smil', start: 0, end: 1 }] });
  try {
    await score([wrong]);
    assert.unreachable();
  } catch (error) {
    const { code, details } = error as { code: string; details: { nearest: string; clip: string } };
    assert.is(code, 'DATASET_INVALID');
    assert.is(details.nearest, 'smile');
    assert.is(details.clip, wrong.clip.id);
  }
});

test.run();
