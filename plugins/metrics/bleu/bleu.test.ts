import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { manifestConforms, metricConforms, sampleClips, sourceFolder, testContext } from 'mienlab/conformance';
import { bleu, bleuCounter } from './bleu.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
metricConforms(plugin);

const words = (text: string) => text.split(' ').filter(Boolean);
const near = (actual: number, expected: number, by = 1e-8) => assert.ok(Math.abs(actual - expected) < by, `${actual} against ${expected}`);

test('matches are clipped and the closest length counts, the shorter of two', () => {
  const counts = bleuCounter(2)(words('the the the the'), [words('the man the man x'), words('the man x')]);
  assert.equal(counts, { candidateLength: 4, referenceLength: 3, correct: [0, 2, 0], guessed: [0, 4, 3] });
});

test('a short candidate is punished for its brevity', () => {
  const count = bleuCounter(2);
  const [one, two] = bleu([count(words('a man'), [words('a man smiles now')])], 2);
  near(one!, Math.exp(1 - 4 / 2));
  near(two!, Math.exp(1 - 4 / 2));
});

test('the more words are right, the higher every order', () => {
  const reference = words('at the beginning of the video he raises his brows and smiles a little');
  const count = bleuCounter();
  let before = [0, 0, 0, 0];
  for (let right = 0; right <= reference.length; right++) {
    const candidate = reference.map((word, i) => (i < right ? word : `x${i}`));
    const now = bleu([count(candidate, [reference])]);
    now.forEach((value, order) => assert.ok(value >= before[order]!, `${right} words, order ${order + 1}`));
    for (let order = 1; order < 4; order++)
      assert.ok(now[order]! <= now[order - 1]! || right < 4, `${right} words, orders ${order} and ${order + 1}`);
    before = now;
  }
  before.forEach((value) => near(value, 1));
});

test('the corpus value comes from summed counts over the clips drawn, not from the mean', async () => {
  const clips = sampleClips().map((clip, i) => (i ? clip : { ...clip, prediction: 'a man smiles' }));
  const metric = await plugin.create(testContext(), { n: 4 }, { judge: null, grammar: null });
  const [score] = await metric.score(clips);
  const drawn = [0, 0, 1];
  const mean = drawn.reduce((sum, i) => sum + score!.values[i]!, 0) / drawn.length;
  assert.ok(Math.abs(score!.aggregate!(drawn) - mean) > 0.05);
  near(score!.aggregate!([1, 2, 3]), 1);
});

test.run();
