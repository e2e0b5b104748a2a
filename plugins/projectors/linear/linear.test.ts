import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { manifestConforms, projectorConforms, sourceFolder, testBackend, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
projectorConforms(plugin);
projectorConforms(plugin, { 'frame-tokens': 2, 'face-tokens': 1, share: true, 'time-embedding': true });

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

test('every token is one embedding, or as many as there are cells', () => {
  assert.equal(dimsOf({}), { tokens: 8 * 16, 'face-tokens': 32, hidden: null });
  assert.equal(dimsOf({ 'frame-tokens': 6, 'face-tokens': 1 }), { tokens: 8 * 7, 'face-tokens': 8, hidden: null });
  assert.equal(dimsOf({}, visual({ 'face-time': 2, 'face-tokens': 0 })), { tokens: 96, 'face-tokens': 0, hidden: null });
  assert.equal(dimsOf({}, visual({ 'face-time': 2 })), { tokens: 96 + 8, 'face-tokens': 8, hidden: null });
});

test('a budget that the grid has no cells for, and widths that cannot share, are named', () => {
  const budget = faultOf({ 'frame-tokens': 5 });
  assert.equal([budget.code, budget.details.key], ['PORT_MISMATCH', 'projector.frame-tokens']);
  assert.match(budget.details.expected!, /^one of 1, 2, 3, 4, 6, 12, /);
  const share = faultOf({ share: true }, visual({ 'face-width': 7 }));
  assert.equal([share.code, share.details.key], ['PORT_MISMATCH', 'projector.share']);
});

test('an embedding is its token times the weights, and a cell’s is the mean of its tokens', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const ports = { tokens: visual({ time: 1, 'face-tokens': 0, 'frame-tokens': 4, 'frame-rows': 2, width: 2 }), hidden: 3 };
  const given = tf.tensor4d([1, 0, 2, 0, 3, 0, 6, 1], [1, 1, 4, 2]);
  for (const [tokens, expected] of [
    [
      0,
      [
        [1, 0],
        [2, 0],
        [3, 0],
        [6, 1],
      ],
    ],
    [1, [[3, 0.25]]],
  ] as const) {
    const projector = await plugin.create(testContext(), { ...defaultConfig(plugin.config), 'frame-tokens': tokens }, { ports });
    const out = projector.project({ frames: given, faces: null });
    const [w] = [projector.variables['frames.weights']!.arraySync() as number[][]];
    const rows = (out.sequence.arraySync() as number[][][])[0]!;
    expected.forEach(([a, b], i) => rows[i]!.forEach((value, j) => assert.ok(Math.abs(value - (a * w[0]![j]! + b * w[1]![j]!)) < 1e-6)));
    assert.is(rows.length, expected.length);
    tf.dispose([out.sequence, out.steps]);
    projector.dispose();
  }
  given.dispose();
});

test.run();
