import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { manifestConforms, metricConforms, sampleClips, sourceFolder, testContext } from 'mienlab/conformance';
import { emotionOfCaption, emotionOfLabel, unweightedRecall } from './emotion.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
metricConforms(plugin);

test('labels of different sources are one class', () => {
  for (const label of ['Happy', 'happiness', ' joy ']) assert.is(emotionOfLabel(label), 'happy');
  assert.is(emotionOfLabel('Fear'), 'fearful');
  assert.is(emotionOfLabel('Unhappy'), 'sad');
  assert.is(emotionOfLabel('Helplessness'), 'helplessness');
});

test('a caption’s emotion is the one named most often, then first, and not negated', () => {
  assert.is(emotionOfCaption('He looks sad, then surprised, and sad again.'), 'sad');
  assert.is(emotionOfCaption('Surprised at first, she then looks sad.'), 'surprised');
  assert.is(emotionOfCaption('He is not happy but angry.'), 'angry');
  assert.is(emotionOfCaption("He doesn't look happy."), null);
  assert.is(emotionOfCaption('He is unhappy.'), 'sad');
  assert.is(emotionOfCaption('The corners of the mouth rise; gladiator, orange, sadhu.'), null);
  assert.is(emotionOfCaption('A look of helplessness.', new Set(['helplessness'])), 'helplessness');
  assert.is(emotionOfCaption('odd (label)', new Set(['(label)'])), '(label)');
});

test('recall is averaged over classes, accuracy over clips', async () => {
  assert.is(unweightedRecall(['a', 'a', 'a', 'b'], [true, true, true, false]), 0.5);
  assert.ok(Number.isNaN(unweightedRecall([], [])));
  const [sample] = sampleClips();
  const clip = (emotion: string, prediction: string) => ({ ...sample!, prediction, clip: { ...sample!.clip, emotion } });
  const clips = [clip('Happy', 'a happy man'), clip('joy', 'he is glad'), clip('Happy', 'joyful'), clip('Sad', 'happy')];
  const metric = await plugin.create(testContext(), {}, { judge: null, grammar: null });
  const [war, uar] = await metric.score(clips);
  assert.equal([war!.name, war!.values], ['emotion-war', [1, 1, 1, 0]]);
  assert.equal([uar!.name, uar!.aggregate!([0, 1, 2, 3]), uar!.aggregate!([3])], ['emotion-uar', 0.5, 0]);
});

test.run();
