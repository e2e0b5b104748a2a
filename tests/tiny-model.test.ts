import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HostArray, ModelPart, Port } from '../framework/contracts/index.js';
import { defaultConfig, seededRandom } from '../framework/plugin/index.js';
import { testContext } from '../framework/plugin/conformance/index.js';
import { testBackend } from '../framework/tensor/test-backend.js';
import { tune, type Model, type TuneStep } from '../framework/training/index.js';
import encoderPlugin from '../plugins/encoders/tiny-vit/plugin.js';
import projectorPlugin from '../plugins/projectors/pooled-mlp/plugin.js';
import headPlugin from '../plugins/llm-heads/tiny-decoder/plugin.js';

// The quickstart's model, small enough for the plain JavaScript backend.
const clips = 4;
const time = 3;
const [height, width, crop] = [16, 24, 16];
const actions = ['smiles', 'frowns', 'looks left', 'closes the eyes'];
const samples = Array.from({ length: clips }, (_, i) => {
  const [first, second, third] = [0, 1, 2].map((j) => actions[(i * (j + 1) + j) % 4]);
  return { instruction: 'Describe.', answer: `A man is shown. First, he ${first}. Then he ${second}. Finally, he ${third}.` };
});
const random = seededRandom(5);
const pixels = (size: number) => Uint8Array.from({ length: clips * time * size * 3 }, () => random.integer(256));
const block = (height: number, width: number) => ({ data: pixels(height * width), clip: [time, height, width, 3] });
const blocks = { frames: block(height, width), faces: block(crop, crop) };
const picked = (indices: readonly number[], { data, clip }: ReturnType<typeof block>): HostArray => {
  const size = data.length / clips;
  return {
    data: Uint8Array.from(indices.flatMap((index) => [...data.subarray(index * size, (index + 1) * size)])),
    shape: [indices.length, ...clip],
  };
};
const source = {
  count: clips,
  batch: (indices: readonly number[]) => ({ frames: picked(indices, blocks.frames), faces: picked(indices, blocks.faces) }),
};

async function model(): Promise<Model> {
  const context = testContext(2);
  const encoderConfig = {
    ...defaultConfig(encoderPlugin.config),
    ...{ 'frame-height': height, 'frame-width': width, 'crop-size': crop, patch: 8, width: 16, heads: 2, layers: 1 },
  };
  const frames: Port = { type: 'frames', dims: { count: time, height, width } };
  const tokens = encoderPlugin.produces(encoderConfig, { frames, tracks: { type: 'tracks', dims: { principal: 1 } } });
  const projectorConfig = { ...defaultConfig(projectorPlugin.config), inner: 16 };
  const embeddings = projectorPlugin.produces(projectorConfig, { 'visual-tokens': tokens });
  const headConfig = { ...defaultConfig(headPlugin.config), width: 32, heads: 2, vocabulary: 300 };
  const faces: Port = { type: 'faces', dims: { count: time, height: crop, width: crop } };
  return {
    encoder: await encoderPlugin.create(context, encoderConfig, { ports: { frames, faces } }),
    projector: await projectorPlugin.create(context, projectorConfig, { ports: { tokens, hidden: 32 } }),
    head: await headPlugin.create(context, headConfig, { ports: { embeddings }, corpus: samples.map(({ answer }) => answer) }),
  };
}

const settings = {
  steps: 4,
  batch: 3,
  optimizer: { name: 'adamw', 'learning-rate': 2e-3, betas: [0.9, 0.98], 'weight-decay': 0.05, epsilon: 1e-8 },
  schedule: { name: 'cosine', 'warm-up': 1, final: 0.05 },
  clip: 1,
  engine: 'auto',
  'check-engine': true,
  auxiliary: { name: 'caption-words', 'steps-before': 3, weight: 0.5, scale: 10, 'max-share': 0.5 },
} as const;

/** Losses and gradient norms of seven steps, and how far each variable went: Adam's early steps show the sign of every single gradient. */
async function trained(): Promise<{ steps: number[][]; weights: Record<string, number[]> }> {
  const { progress, log, signal } = testContext();
  const tuned = await model();
  const steps: number[][] = [];
  const onStep = ({ loss, auxiliary, gradientNorm }: TuneStep) => void steps.push([loss ?? 0, auxiliary!, gradientNorm]);
  const names = samples.map((_, i) => `clip-${i}`);
  const rows = samples.map((_, i) => i);
  await tune({ model: tuned, source, samples, rows, clips: names, settings, random: seededRandom(1), log, progress, signal, onStep });
  const weights: Record<string, number[]> = {};
  for (const [part, { variables }] of Object.entries<ModelPart>({ ...tuned })) {
    for (const [name, variable] of Object.entries(variables)) weights[`${part}/${name}`] = [...(await variable.data())];
  }
  for (const part of Object.values(tuned)) part.dispose();
  return { steps, weights };
}

test('every backend trains the tiny model alike', async () => {
  if (!(await testBackend('cpu'))) return;
  const expected = await trained();
  assert.is(expected.steps.length, 7);
  assert.ok(expected.steps.at(-1)![0]! < expected.steps[3]![0]!, 'the caption loss falls');
  for (const backend of ['wasm', 'tensorflow', 'webgpu'] as const) {
    if (!(await testBackend(backend))) continue;
    const actual = await trained();
    expected.steps.forEach((values, step) =>
      values.forEach((value, i) => {
        const off = Math.abs(actual.steps[step]![i]! - value);
        assert.ok(off < 1e-4 * Math.max(1, value), `${backend}, step ${step + 1}, value ${i}: ${actual.steps[step]![i]}, not ${value}`);
      }),
    );
    for (const [name, values] of Object.entries(expected.weights)) {
      const squares = (of: (value: number, i: number) => number) => Math.sqrt(values.reduce((sum, value, i) => sum + of(value, i) ** 2, 0));
      const share = squares((value, i) => value - actual.weights[name]![i]!) / squares((value) => value);
      assert.ok(share < 1e-3, `${backend}: ${name} is ${share} of its size away`);
    }
  }
});

test.run();
