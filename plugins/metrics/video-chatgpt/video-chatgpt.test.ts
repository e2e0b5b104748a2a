import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Judge, ScoredClip } from 'mienlab/contracts';
import { manifestConforms, metricConforms, sampleClips, sourceFolder, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

/** The share of the reference's words that the prediction has, times 5, with an offset for each repeat. */
const judgeOf = (...repeats: number[]): Judge => ({
  id: 'words',
  events: async () => [],
  relations: async () => [],
  rate: async (aspect, { reference, prediction }) => {
    if (prediction === 'broken') throw new Error('no answer');
    const words = reference.split(' ');
    const share = words.filter((word) => prediction.split(' ').includes(word)).length / words.length;
    return repeats.map((offset) => Math.min(5, 5 * share + offset) * (aspect === 'detail' ? 0.5 : 1));
  },
  dispose: () => {},
});

manifestConforms(plugin, sourceFolder(import.meta.url));
metricConforms(plugin, { inputs: { judge: judgeOf(0) } });

const clip = (prediction: string, ...references: string[]): ScoredClip => {
  const [sample] = sampleClips();
  return { ...sample!, prediction, clip: { ...sample!.clip, references } };
};

async function score(judge: Judge, clips: ScoredClip[]) {
  const metric = await plugin.create(testContext(), {}, { judge, grammar: null });
  return Object.fromEntries((await metric.score(clips)).map((one) => [one.name.slice('video-chatgpt-'.length), one]));
}

test('the whole part counts, the unparsed mean stands beside it', async () => {
  const scores = await score(judgeOf(0.3), [clip('a b c', 'a b c d')]);
  assert.equal(scores['correctness']!.values, [4]);
  assert.ok(Math.abs(scores['correctness-unparsed']!.values[0]! - 4.05) < 1e-9);
  assert.equal(scores['detail']!.values, [2]);
  assert.is(scores['correctness-unparsed']!.detail, true);
  assert.equal(Object.keys(scores).length, 8);
});

test('repeats are parsed one by one and averaged', async () => {
  const scores = await score(judgeOf(0, 0.9, 1), [clip('a b c d e', 'a b c d e x y z')]);
  // 3.125, 4.025 and 4.125.
  assert.equal(scores['temporal']!.values, [(3 + 4 + 4) / 3]);
});

test('the best reference counts, no reference gives no value, a failed clip is named and null', async () => {
  const clips = [clip('a b', 'x', 'a b'), clip('a'), { ...clip('broken', 'a'), clip: { ...clip('').clip, id: 'lost', references: ['a'] } }];
  const { context } = await score(judgeOf(0), clips);
  assert.equal(context!.values, [5, null, null]);
  assert.equal(context!.failed, { lost: 'no answer' });
  assert.match(context!.note!, /judged by words.*1 of 3 clips not scored/);
});

test('a judge that does not rate is refused', () => {
  const judge: Judge = { ...judgeOf(0), rate: undefined };
  assert.throws(() => plugin.create(testContext(), {}, { judge, grammar: null }), /does not/);
});

test.run();
