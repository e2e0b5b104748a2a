import type { Tensor5D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Encoder, PluginConfig, PluginManifest, Port, VisualInput } from '../../contracts/index.js';
import { tensorflow, tidy } from '../../tensor/index.js';
import { defaultConfig } from '../default-config.js';
import { assertNoLeak, copyWeights, gradientSizes, mixed, weightsOf, withBackend } from './model-part-conforms.js';
import { testContext } from './test-context.js';

const clips = 2;
const time = 3;

/**
 * Registers the tests that every encoder must pass: shapes as its manifest says, gradients for every variable, no leaks, the seed settles the
 * weights; nothing to train where the manifest says that it is frozen. `pretrained`: the weights come from a file, whatever the seed.
 */
export function encoderConforms(
  plugin: PluginManifest<'encoder'>,
  overrides: PluginConfig = {},
  { pretrained = false }: { pretrained?: boolean } = {},
): void {
  const config = { ...defaultConfig(plugin.config), ...overrides };
  const size = plugin.input!(config);
  const sides = ({ height, width }: { height: number; width: number }) => ({ count: time, height, width });
  const frames: Port = { type: 'frames', dims: sides(size.frame) };
  const make = (seed: number, principal: number) =>
    plugin.create(testContext(seed), config, {
      ports: { frames, faces: principal ? { type: 'faces', dims: sides(size.face) } : null },
    });
  const input = (principal: number): VisualInput => {
    const tf = tensorflow();
    const pixels = ({ height, width }: { height: number; width: number }, seed: number) =>
      tf.randomUniform([clips, time, height, width, 3], 0, 255, 'float32', seed) as Tensor5D;
    // In the first step of the first clip there is no face.
    const seen = tf.tidy(() => tf.concat([tf.zeros([1, 1, 1, 1, 1]), tf.ones([1, time - 1, 1, 1, 1])], 1));
    const crops = () => tidy(() => tf.mul(pixels(size.face, 2), tf.concat([seen, tf.ones([clips - 1, time, 1, 1, 1])], 0)) as Tensor5D);
    const faces = principal ? crops() : null;
    seen.dispose();
    return { frames: pixels(size.frame, 1), faces };
  };

  for (const principal of [1, 0]) {
    const what = `encoder ${plugin.name}, ${principal ? 'with' : 'without'} faces`;

    test(`${what}: tokens have the shape that its manifest says and leave nothing behind`, async () => {
      await withBackend();
      const { type, dims } = plugin.produces(config, { frames, tracks: { type: 'tracks', dims: { principal } } });
      assert.is(type, 'visual-tokens');
      const encoder = await make(1, principal);
      const pixels = input(principal);
      const tokens = encoder.encode(pixels);
      assert.equal(tokens.frames.shape, [clips, dims['time'], dims['frame-tokens'], dims['width']]);
      const faceShape = [clips, dims['face-time'] ?? dims['time'], dims['face-tokens'], dims['face-width'] ?? dims['width']];
      assert.equal(tokens.faces?.shape ?? null, principal ? faceShape : null);
      assert.ok([...tokens.frames.dataSync()].every(Number.isFinite));
      await assertNoLeak(() => Object.values(encoder.encode(pixels)).filter((tensor) => tensor !== null));
      tensorflow().dispose([
        tokens.frames,
        ...(tokens.faces ? [tokens.faces] : []),
        pixels.frames,
        ...(pixels.faces ? [pixels.faces] : []),
      ]);
      encoder.dispose();
    });
  }

  test(`encoder ${plugin.name}: gradients reach every variable, the seed settles them, and disposing frees them`, async () => {
    await withBackend();
    const tf = tensorflow();
    const before = tf.memory().numTensors;
    const [one, same, other] = await Promise.all([make(1, 1), make(1, 1), make(2, 1)]);
    assert.equal(weightsOf(one), weightsOf(same));
    if (plugin.frozen?.(config)) assert.equal(Object.keys(one.variables), [], 'a frozen encoder has something to train');
    if (Object.keys(one.variables).length) {
      if (!pretrained) assert.not.equal(weightsOf(one), weightsOf(other));
      const pixels = input(1);
      const sizes = gradientSizes(one, () => {
        const { frames: frameTokens, faces } = one.encode(pixels);
        return mixed(frameTokens, faces);
      });
      for (const [name, largest] of Object.entries(sizes)) assert.ok(largest > 0, `variable ${name} gets gradient ${largest}`);
      assertCopies(one, other, pixels);
      tf.dispose([pixels.frames, pixels.faces!]);
    }
    for (const encoder of [one, same, other]) encoder.dispose();
    assert.ok(tf.memory().numTensors <= before + 32, 'variables are left behind');
  });
}

function assertCopies(from: Encoder, to: Encoder, pixels: VisualInput): void {
  copyWeights(from, to);
  const values = (encoder: Encoder) => tidy(() => [...encoder.encode(pixels).frames.dataSync()]);
  assert.equal(values(to), values(from), 'the same weights give other tokens');
}
