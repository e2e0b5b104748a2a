import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { manifestConforms, projectorConforms, sourceFolder, testBackend, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
projectorConforms(plugin);
projectorConforms(plugin, { 'frame-tokens': 6, 'face-tokens': 2, inner: 8, 'time-embedding': false });

/** 3 x 4 patches a frame, 2 x 2 a crop. */
const visual = (changed: Record<string, number | null> = {}) => ({
  type: 'visual-tokens',
  dims: { time: 8, 'frame-tokens': 12, 'frame-rows': 3, 'face-tokens': 4, width: 6, ...changed },
});
const dimsOf = (options: object, port = visual()) =>
  plugin.produces({ ...defaultConfig(plugin.config), ...options }, { 'visual-tokens': port }).dims;

function faultOf(options: object, port = visual()): Fault {
  try {
    dimsOf(options, port);
  } catch (error) {
    return error as Fault;
  }
  throw new Error('nothing was thrown');
}

test('as many embeddings as parts, each as large as the others', () => {
  assert.equal(dimsOf({}), { tokens: 16, 'face-tokens': 8, hidden: null });
  assert.equal(dimsOf({ 'frame-tokens': 2, 'face-tokens': 4 }), { tokens: 48, 'face-tokens': 32, hidden: null });
  assert.equal(faultOf({ 'face-tokens': 3 }).details.key, 'projector.face-tokens');
});

test('a part sees its own tokens alone', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const config = { ...defaultConfig(plugin.config), 'frame-tokens': 2, 'time-embedding': false };
  const projector = await plugin.create(testContext(), config, { ports: { tokens: visual({ time: 1, 'face-tokens': 0 }), hidden: 5 } });
  const given = tf.randomNormal([1, 1, 12, 6], 0, 1, 'float32', 1) as never;
  // Row 1, column 2 of the 3 x 4 tokens, which two parts share by columns.
  const one = tf.buffer([1, 1, 12, 6]);
  one.set(1, 0, 0, 6, 3);
  const other = tf.tidy(() => tf.add(given, one.toTensor())) as never;
  const outs = [given, other].map((frames) => projector.project({ frames, faces: null }));
  const [a, b] = outs.map(({ sequence }) => (sequence.arraySync() as number[][][])[0]!);
  assert.is(a!.length, 2);
  assert.equal(a![0], b![0]);
  assert.not.equal(a![1], b![1]);
  tf.dispose([given, other, ...outs.flatMap(({ sequence, steps }) => [sequence, steps])]);
  projector.dispose();
});

test.run();
