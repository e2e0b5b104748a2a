import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { manifestConforms, metricConforms, sampleClips, sourceFolder, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
metricConforms(plugin);

test('captions are tokenized, and beta is the config’s', async () => {
  const [clip] = sampleClips();
  const clips = [{ ...clip!, prediction: 'A man NOW smiles!', clip: { ...clip!.clip, references: ['a tall man, gently, smiles.'] } }];
  for (const beta of [1.2, 1]) {
    const metric = await plugin.create(testContext(), { beta }, { judge: null, grammar: null });
    const [score] = await metric.score(clips);
    const expected = ((1 + beta ** 2) * 0.75 * 0.6) / (0.6 + beta ** 2 * 0.75);
    assert.ok(Math.abs(score!.values[0]! - expected) < 1e-12);
  }
});

test.run();
