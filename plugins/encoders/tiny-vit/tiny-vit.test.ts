import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { encoderConforms, manifestConforms, sourceFolder, testBackend, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
const small = { 'frame-height': 16, 'frame-width': 24, 'crop-size': 16, patch: 8, width: 8, heads: 2 };
encoderConforms(plugin, small);
encoderConforms(plugin, { ...small, layers: 1 });

const ports = (principal: number) => ({
  frames: { type: 'frames', dims: { count: 8, height: 72, width: 96 } },
  tracks: { type: 'tracks', dims: { principal } },
});

test('by default a frame has 48 patches and a crop 16, and without a principal face there are no crops', () => {
  const config = defaultConfig(plugin.config);
  const dims = { time: 8, 'frame-tokens': 48, 'face-tokens': 16, width: 64, 'frame-rows': 6 };
  assert.equal(plugin.produces(config, ports(1)).dims, dims);
  assert.is(plugin.produces(config, ports(0)).dims['face-tokens'], 0);
  assert.equal(plugin.input!(config), { frame: { height: 72, width: 96 }, face: { height: 48, width: 48 } });
});

test('a patch that does not divide the sizes, or heads that do not divide the width, are PORT_MISMATCH', () => {
  for (const [key, value] of [
    ['frame-height', 70],
    ['crop-size', 50],
    ['heads', 3],
  ] as const) {
    try {
      plugin.produces({ ...defaultConfig(plugin.config), [key]: value }, ports(1));
      assert.unreachable();
    } catch (error) {
      assert.is((error as Fault).code, 'PORT_MISMATCH');
      assert.is((error as Fault).details.key, `encoder.${key}`);
    }
  }
});

test('a token is made of its own patch, in reading order, whatever the backend', async () => {
  for (const backend of ['cpu', 'wasm', 'tensorflow'] as const) {
    const tf = await testBackend(backend);
    if (!tf) continue;
    const encoder = await plugin.create(
      testContext(),
      { ...defaultConfig(plugin.config), ...small },
      { ports: { frames: ports(1).frames, faces: null } },
    );
    const dark = tf.zeros([1, 1, 16, 24, 3]) as never;
    // Row 1, column 2 of the 2 x 3 patches of 8 pixels.
    const lit = tf.buffer([1, 1, 16, 24, 3]);
    lit.set(255, 0, 0, 9, 17, 1);
    const bright = lit.toTensor() as never;
    const tokens = [dark, bright].map((frames) => encoder.encode({ frames, faces: null }).frames);
    const changed = tf.tidy(() => tf.sum(tf.abs(tf.sub(tokens[1]!, tokens[0]!)), -1).dataSync());
    assert.equal(
      [...changed].map((difference) => difference > 0),
      [false, false, false, false, false, true],
      backend,
    );
    tf.dispose([dark, bright, ...tokens]);
    encoder.dispose();
  }
});

test.run();
