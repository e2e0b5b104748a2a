import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Judge, ScoredClip } from 'mienlab/contracts';
import { manifestConforms, metricConforms, sampleClips, sourceFolder, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
metricConforms(plugin);
for (const choice of ['zero', 'leave-out']) metricConforms(plugin, { config: { 'empty-events': choice } });

/** Every word is an event; a caption entails the words it has. */
const wordJudge: Judge = {
  id: 'words',
  events: async (caption) => caption.split(' ').filter(Boolean),
  relations: async (events, caption) => events.map((event) => (caption.split(' ').includes(event) ? 'entailment' : 'neutral')),
  dispose: () => {},
};

const clip = (prediction: string, ...references: string[]): ScoredClip => {
  const [sample] = sampleClips();
  return { ...sample!, prediction, clip: { ...sample!.clip, references } };
};

async function score(clips: ScoredClip[], { judge = wordJudge, empty = 'full-score', context = testContext() } = {}) {
  const metric = await plugin.create(context, { 'empty-events': empty }, { judge, grammar: null });
  const [f1, recall, precision] = await metric.score(clips);
  return { f1: f1!, recall: recall!.values, precision: precision!.values, note: f1!.note };
}

test('recall is over the reference’s events, precision over the prediction’s, captions in lower case', async () => {
  const { f1, recall, precision, note } = await score([clip('A b X y', 'a B c')]);
  assert.equal(recall, [2 / 3]);
  assert.equal(precision, [0.5]);
  assert.is(f1.values[0], (2 * (2 / 3) * 0.5) / (2 / 3 + 0.5));
  assert.match(note!, /words/);
});

test('the corpus value is the F1 of the means, not the mean of F1s', async () => {
  const { f1 } = await score([clip('a', 'a b c d'), clip('a b c d', 'a')]);
  assert.equal(f1.values, [0.4, 0.4]);
  assert.is(f1.aggregate!([0, 1]), 0.625);
  assert.is(f1.aggregate!([0, 0]), 0.4);
});

test('an empty list of events scores as the option says', async () => {
  const clips = [clip('', 'a b')];
  const full = await score(clips);
  assert.equal([full.recall, full.precision], [[0], [1]]);
  assert.match(
    full.note!,
    /1 clips have a caption without events: full-score 0\.000, zero 0\.000, leave-out no value; counted here as full-score/,
  );
  const two = await score([clip('', 'a b'), clip('a', 'a b')]);
  // Mean recall 0.25, mean precision 1 or 0.5; without the first clip 0.5 and 1.
  assert.match(two.note!, /full-score 0\.400, zero 0\.333, leave-out 0\.667/);
  assert.equal((await score(clips, { empty: 'zero' })).precision, [0]);
  assert.equal((await score(clips, { empty: 'leave-out' })).f1.values, [null]);
});

test('what was judged is kept: events and relations in both directions', async () => {
  const { f1 } = await score([clip('a x', 'a b')]);
  assert.equal(f1.evidence, [
    {
      reference: { events: ['a', 'b'], relations: ['entailment', 'neutral'] },
      prediction: { events: ['a', 'x'], relations: ['entailment', 'neutral'] },
    },
  ]);
});

test('of several references the best F1 counts', async () => {
  assert.equal((await score([clip('a b', 'x y', 'a b', 'a')])).f1.values, [1]);
});

test('a clip that the judge cannot answer has no value and is named; all of them are a fault', async () => {
  const judge: Judge = {
    ...wordJudge,
    events: async (caption) => {
      if (caption === 'broken') throw new Error('no answer');
      return wordJudge.events(caption);
    },
  };
  const context = testContext();
  const { f1 } = await score([clip('broken', 'a'), clip('a', 'a')], { judge, context });
  assert.equal(f1.values, [null, 1]);
  assert.equal(f1.failed, { [sampleClips()[0]!.clip.id]: 'no answer' });
  assert.match(f1.note!, /1 of 2 clips not scored/);
  assert.match(context.warnings.join(), /1 of 2 clips not scored.*no answer/);
  try {
    await score([clip('broken', 'a')], { judge });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'JUDGE_FAILED');
  }
});

test('a judge that gives the wrong number of relations is not believed', async () => {
  const judge: Judge = { ...wordJudge, relations: async () => ['entailment'] };
  const context = testContext();
  const { f1 } = await score([clip('a b', 'a b'), clip('a', 'a')], { judge, context });
  assert.equal(f1.values, [null, 1]);
  assert.match(context.warnings.join(), /1 relations for 2 events/);
});

test('an abort ends it', async () => {
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  try {
    await score([clip('a', 'a')], { context: { ...testContext(), signal: stop.signal } });
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'stopped');
  }
});

test.run();
