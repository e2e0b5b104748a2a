import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Judge, ScoredClip } from 'mienlab/contracts';
import { manifestConforms, metricConforms, sampleClips, sourceFolder, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
metricConforms(plugin);

const wordJudge: Judge = {
  id: 'words',
  events: async (caption) => caption.split(' ').filter(Boolean),
  relations: async (events, caption) => events.map((event) => (caption.split(' ').includes(event) ? 'entailment' : 'neutral')),
  dispose: () => {},
};

async function score(prediction: string, ...references: string[]) {
  const [sample] = sampleClips();
  const clip: ScoredClip = { ...sample!, prediction, clip: { ...sample!.clip, references } };
  const metric = await plugin.create(testContext(), {}, { judge: wordJudge, grammar: null });
  const scores = await metric.score([clip]);
  return { values: scores.map(({ values }) => values[0]), scores };
}

test('F1, recall and precision of the longest chain in order', async () => {
  // c a b against a b c d: the longest chain is a b.
  assert.equal((await score('c a b', 'a b c d')).values, [(2 * 0.5 * (2 / 3)) / (0.5 + 2 / 3), 0.5, 2 / 3]);
  assert.equal((await score('a b c', 'a b c')).values, [1, 1, 1]);
  assert.equal((await score('c b a', 'a b c')).values, [1 / 3, 1 / 3, 1 / 3]);
});

test('the alignment tells which events matched in which order', async () => {
  assert.equal((await score('c a b', 'a b c d')).scores[0]!.evidence, [
    {
      reference: ['a', 'b', 'c', 'd'],
      prediction: ['c', 'a', 'b'],
      chain: [
        [1, 0],
        [2, 1],
      ],
      matches: [
        [0, 2],
        [1, 0],
        [2, 1],
      ],
    },
  ]);
});

test('each event is used once', async () => {
  assert.equal((await score('a a a', 'a')).values, [0.5, 1, 1 / 3]);
});

test('a prediction without events scores 0, a reference without events gives no value', async () => {
  assert.equal((await score('', 'a b')).values, [0, 0, 0]);
  assert.equal((await score('a', '')).values, [null, null, null]);
  assert.equal((await score('a b', 'b a', '', 'a b')).values, [1, 1, 1]);
});

test('every score says that it is a reconstruction and who judged', async () => {
  for (const { note } of (await score('a', 'a')).scores) {
    assert.match(note!, /^TEM-reconstruction/);
    assert.match(note!, /not comparable/);
    assert.match(note!, /words/);
  }
});

test.run();
