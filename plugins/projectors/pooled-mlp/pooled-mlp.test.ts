import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { manifestConforms, projectorConforms, sourceFolder, testBackend, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
projectorConforms(plugin);
projectorConforms(plugin, { pool: 'mean', 'frame-tokens': 2, 'face-tokens': 3 });

const visual = (faces: number | null) => ({
  'visual-tokens': { type: 'visual-tokens', dims: { time: 8, 'frame-tokens': 48, 'face-tokens': faces, width: 64 } },
});

test('a run without faces gets as many embeddings as one with them', () => {
  const config = defaultConfig(plugin.config);
  assert.equal(plugin.produces(config, visual(16)), { type: 'embeddings', dims: { tokens: 16, 'face-tokens': 8, hidden: null } });
  assert.equal(plugin.produces(config, visual(0)).dims, { tokens: 16, 'face-tokens': 0, hidden: null });
});

test('sizes that are not known are PORT_MISMATCH', () => {
  for (const ports of [visual(null), {}]) {
    try {
      plugin.produces(defaultConfig(plugin.config), ports);
      assert.unreachable();
    } catch (error) {
      assert.is((error as Fault).code, 'PORT_MISMATCH');
    }
  }
});

test('frames come first, then faces, each in order of time; steps are the faces', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const dims = { time: 3, 'frame-tokens': 2, 'face-tokens': 2, width: 4 };
  const projector = await plugin.create(testContext(), defaultConfig(plugin.config), {
    ports: { tokens: { type: 'visual-tokens', dims }, hidden: 8 },
  });
  const given = (seed: number) => tf.randomNormal([1, 3, 2, 4], 0, 1, 'float32', seed) as never;
  const [frames, faces, others] = [given(1), given(2), given(3)];
  const one = projector.project({ frames, faces });
  const two = projector.project({ frames, faces: others });
  assert.equal(one.sequence.shape, [1, 6, 8]);
  const rows = (embeddings: typeof one) => (embeddings.sequence.arraySync() as number[][][])[0]!;
  assert.equal(rows(one).slice(0, 3), rows(two).slice(0, 3));
  for (const row of [3, 4, 5]) assert.not.equal(rows(one)[row], rows(two)[row]);
  assert.equal((one.steps.arraySync() as number[][][])[0], rows(one).slice(3));
  tf.dispose([frames, faces, others, one.sequence, one.steps, two.sequence, two.steps]);
  projector.dispose();
});

test.run();
