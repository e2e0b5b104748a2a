import type { Tensor4D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PluginConfig, PluginManifest, Port, TokenOrder, VisualTokens } from '../../contracts/index.js';
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
  const port = (faces: number): Port => {
    const rows = { 'frame-rows': 2, 'face-rows': 2 };
    return { type: 'visual-tokens', dims: { time, 'frame-tokens': 6, 'face-tokens': faces, width, ...rows } };
  };
  const make = (seed: number, faces: number, given = port(faces)) =>
    plugin.create(testContext(seed), config, { ports: { tokens: given, hidden } });
  const head: Port = { type: 'llm-head', dims: { hidden } };
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
      const { type, dims } = plugin.produces(config, { 'visual-tokens': port(faces), 'llm-head': head });
      assert.is(type, 'embeddings');
      const [projector, same, other] = await Promise.all([make(1, faces), make(1, faces), make(2, faces)]);
      const given = tokens(faces);
      const { sequence, steps } = projector.project(given);
      assert.equal(sequence.shape, [clips, dims['tokens'], hidden]);
      assert.ok(steps.shape[1] >= 1 && steps.shape[1] <= time, `${steps.shape[1]} steps of ${time}`);
      assert.equal(steps.shape, [clips, steps.shape[1], hidden]);
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

  test(`projector ${plugin.name}: keeps to the order that it is told, with separators before each run`, async () => {
    await withBackend();
    const tf = tensorflow();
    const given = tokens(4);
    const rows = async (order: TokenOrder, separators: 0 | 1) => {
      const told: Port = { ...port(4), order, dims: { ...port(4).dims, separators } };
      const { dims } = plugin.produces(config, { 'visual-tokens': told, 'llm-head': head });
      const projector = await make(1, 4, told);
      const { sequence, steps } = projector.project(given);
      assert.equal(sequence.shape, [clips, dims['tokens'], hidden]);
      const [first] = sequence.arraySync() as number[][][];
      const marks = Object.fromEntries(
        ['frames', 'faces'].map((kind) => [kind, separators ? [...projector.variables[`${kind}.separator`]!.dataSync()] : []]),
      );
      tf.dispose([sequence, steps]);
      projector.dispose();
      return { rows: first!, faces: dims['face-tokens']!, separators: dims['separators'] ?? 0, marks };
    };
    const plain = await rows('frames-first', 0);
    const turned = await rows('faces-first', 0);
    const frames = plain.rows.length - plain.faces;
    assert.equal(turned.rows, [...plain.rows.slice(frames), ...plain.rows.slice(0, frames)]);
    const marked = await rows('frames-first', 1);
    assert.is(marked.separators, 2);
    assert.equal(marked.rows, [marked.marks['frames'], ...plain.rows.slice(0, frames), marked.marks['faces'], ...plain.rows.slice(frames)]);
    const mixed = await rows('interleaved', 1);
    const sorted = (all: readonly number[][]) => all.map((row) => row.join()).sort();
    const marks = Object.values(mixed.marks).flatMap((mark) => Array.from({ length: mixed.separators / 2 }, () => mark!));
    assert.equal(sorted(mixed.rows), sorted([...plain.rows, ...marks]));
    const step = mixed.rows.length / (mixed.separators / 2);
    // A projector may leave a single time step.
    if (step < mixed.rows.length) assert.equal(mixed.rows[step], mixed.marks['frames'], 'the second time step begins with frames');
    free(given);
  });
}
