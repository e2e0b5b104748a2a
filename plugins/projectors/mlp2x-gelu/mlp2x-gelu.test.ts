import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultConfig } from 'mienlab/plugin';
import { manifestConforms, projectorConforms, sourceFolder, testBackend, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
projectorConforms(plugin);
projectorConforms(plugin, { 'frame-tokens': 3, 'face-tokens': 2, share: true, 'time-embedding': true });

/** x Phi(x) by the error function's series (Abramowitz & Stegun, 7.1.5). */
function gelu(x: number): number {
  let [term, sum] = [x / Math.SQRT2, x / Math.SQRT2];
  for (let n = 1; n < 40; n++) {
    term *= -(x * x) / 2 / n;
    sum += term / (2 * n + 1);
  }
  return (x * (1 + (2 / Math.sqrt(Math.PI)) * sum)) / 2;
}

test('an embedding is linear, GELU, linear of its token', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const tokens = { type: 'visual-tokens', dims: { time: 1, 'frame-tokens': 2, 'frame-rows': 1, 'face-tokens': 0, width: 2 } };
  const projector = await plugin.create(testContext(), defaultConfig(plugin.config), { ports: { tokens, hidden: 3 } });
  const given = tf.tensor4d([1, -2, 0.5, 3], [1, 1, 2, 2]);
  const out = projector.project({ frames: given, faces: null });
  const weights = (name: string) => projector.variables[`frames.${name}`]!.arraySync() as number[][];
  const [up, down] = [weights('up'), weights('down')];
  const rows = (out.sequence.arraySync() as number[][][])[0]!;
  [
    [1, -2],
    [0.5, 3],
  ].forEach(([a, b], row) => {
    const inner = [0, 1, 2].map((j) => gelu(a! * up[0]![j]! + b! * up[1]![j]!));
    const expected = [0, 1, 2].map((j) => inner.reduce((sum, value, i) => sum + value * down[i]![j]!, 0));
    expected.forEach((value, j) => assert.ok(Math.abs(rows[row]![j]! - value) < 1e-6, `${row}, ${j}: ${rows[row]![j]} for ${value}`));
  });
  tf.dispose([given, out.sequence, out.steps]);
  projector.dispose();
});

test.run();
