import type { Tensor4D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PluginConfig, PluginManifest, Port, VisualTokens } from '../../contracts/index.js';
import { tensorflow } from '../../tensor/index.js';
import { defaultConfig } from '../default-config.js';
import { assertNoLeak, copyWeights, gradientSizes, mixed, weightsOf, withBackend } from './model-part-conforms.js';
import { testContext } from './test-context.js';

const clips = 2;
const time = 3;
const width = 8;
const hidden = 16;

/** Registers the tests that every projector must pass: shapes as its manifest says, gradients for every variable, no leaks, the seed settles the weights. */
export function projectorConforms(plugin: PluginManifest<'projector'>, overrides: PluginConfig = {}): void {
  const config = { ...defaultConfig(plugin.config), ...overrides };
  const port = (faces: number): Port => ({ type: 'visual-tokens', dims: { time, 'frame-tokens': 6, 'face-tokens': faces, width } });
  const make = (seed: number, faces: number) => plugin.create(testContext(seed), config, { ports: { tokens: port(faces), hidden } });
  const tokens = (faces: number): VisualTokens => {
    const normal = (count: number, seed: number) =>
      tensorflow().randomNormal([clips, time, count, width], 0, 1, 'float32', seed) as Tensor4D;
    return { frames: normal(6, 1), faces: faces ? normal(faces, 2) : null };
  };
  const free = ({ frames, faces }: VisualTokens) => tensorflow().dispose(faces ? [frames, faces] : [frames]);

  for (const faces of [4, 0]) {
    const what = `projector ${plugin.name}, ${faces ? 'with' : 'without'} faces`;

    test(`${what}: embeddings have the shape that its manifest says, leave nothing behind, and move with every variable`, async () => {
      await withBackend();
      const tf = tensorflow();
      const { type, dims } = plugin.produces(config, { 'visual-tokens': port(faces) });
      assert.is(type, 'embeddings');
      const [projector, same, other] = await Promise.all([make(1, faces), make(1, faces), make(2, faces)]);
      const given = tokens(faces);
      const { sequence, steps } = projector.project(given);
      assert.equal(sequence.shape, [clips, dims['tokens'], hidden]);
      assert.equal(steps.shape, [clips, time, hidden]);
      assert.ok([...sequence.dataSync(), ...steps.dataSync()].every(Number.isFinite));
      await assertNoLeak(() => Object.values(projector.project(given)));

      assert.equal(weightsOf(projector), weightsOf(same));
      const sizes = gradientSizes(projector, () => {
        const out = projector.project(given);
        return mixed(out.sequence, out.steps);
      });
      for (const [name, largest] of Object.entries(sizes)) assert.ok(largest > 0, `variable ${name} gets gradient ${largest}`);
      copyWeights(projector, other);
      const copied = other.project(given);
      assert.equal([...copied.sequence.dataSync()], [...sequence.dataSync()], 'the same weights give other embeddings');

      tf.dispose([sequence, steps, copied.sequence, copied.steps]);
      free(given);
      for (const one of [projector, same, other]) one.dispose();
    });
  }
}
