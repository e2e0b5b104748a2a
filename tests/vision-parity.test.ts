import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scalar, Tensor5D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Encoder, PluginManifest } from '../framework/contracts/index.js';
import { testContext } from '../framework/plugin/conformance/index.js';
import { defaultConfig } from '../framework/plugin/index.js';
import { PluginRegistry } from '../framework/plugin/plugin-registry.js';
import { generatedPlugins } from '../framework/plugin/registry.generated.js';
import { readSafetensors, tensorflow, writeSafetensors } from '../framework/tensor/index.js';
import { testBackend } from '../framework/tensor/test-backend.js';
import { CompiledEngine } from '../framework/training/compiled-engine.js';
import { EagerEngine } from '../framework/training/eager-engine.js';
import type { Forward } from '../framework/training/step-engine.js';
import { verifyCheckpoint } from '../framework/verify/verify-checkpoint.js';

// dist/tests -> the folder that holds the repository.
const goldens = fileURLToPath(new URL('../../../shared/goldens/transformers/', import.meta.url));
const present = existsSync(goldens);
if (!present) console.log(`skipped: no ${goldens}`);
const golden = present ? test : test.skip;

const scratch = mkdtempSync(join(tmpdir(), 'mienlab-vision-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** Folders with the plugin that is the model, and the number of comparisons that their reference values allow. */
const folders = {
  'siglip-vision-p16-i48': ['encoder siglip', 64],
  'clip-vision-p16-i32': ['encoder clip', 63],
  'dinov2-p14-i42': ['encoder dinov2', 53],
  'vit-p16-i32': ['encoder vit', 48],
  'llava-siglip-qwen2': ['llm-head causal-lm', 13],
} as const;

const registry = new PluginRegistry(generatedPlugins);
const quiet = { registry, log: { info: () => undefined, warn: () => undefined }, signal: new AbortController().signal };

for (const backend of ['tensorflow', 'wasm'] as const) {
  for (const [name, [plugin, count]] of Object.entries(folders)) {
    golden(`${name} computes on ${backend} what it does in transformers`, async () => {
      const tf = await testBackend(backend);
      if (!tf) return;
      const before = tf.memory().numTensors;
      const verification = await verifyCheckpoint(`${goldens}${name}`, quiet);
      assert.equal(
        verification.comparisons.filter(({ difference, tolerance }) => !(difference <= tolerance)),
        [],
      );
      assert.is(verification.plugin, plugin);
      assert.is(verification.comparisons.length, count, verification.comparisons.map(({ what }) => what).join('\n'));
      // Small constants of the backend's kernels stay.
      assert.ok(tf.memory().numTensors <= before + 16, `${tf.memory().numTensors - before} tensors are left`);
    });
  }
}

const towers = ['siglip-vision-p16-i48', 'clip-vision-p16-i32', 'dinov2-p14-i42', 'vit-p16-i32'] as const;

async function encoderOf(path: string, plugin: string, options: Record<string, unknown> = {}): Promise<Encoder> {
  const { manifest, config } = await configured(path, plugin, options);
  const { height, width } = manifest.input!(config).frame;
  const frames = { type: 'frames', dims: { count: 1, height, width } };
  return manifest.create(testContext(2), config, { ports: { frames, faces: null } });
}

async function configured(path: string, plugin: string, options: Record<string, unknown>) {
  const manifest: PluginManifest<'encoder'> = await registry.load('encoder', plugin);
  return { manifest, config: { ...defaultConfig(manifest.config), path, ...options } };
}

/** Golden pixels of torch's [image, colour, y, x], normalised, as frames of one clip, 0..255. */
function framesOf(folder: string, name: string, mean: readonly number[], std: readonly number[]): Tensor5D {
  const tf = tensorflow();
  const { shape, data } = readSafetensors(join(folder, 'golden.safetensors')).tensors[name]!;
  return tf.tidy(() => {
    const pixels = tf.transpose(tf.tensor(data, shape as number[]), [0, 2, 3, 1]);
    return tf.expandDims(tf.mul(tf.add(tf.mul(pixels, tf.tensor1d([...std])), tf.tensor1d([...mean])), 255), 0) as Tensor5D;
  });
}

const half = [0.5, 0.5, 0.5] as const;
const processors: Readonly<Record<string, readonly [mean: readonly number[], std: readonly number[]]>> = {
  siglip: [half, half],
  clip: [
    [0.48145466, 0.4578275, 0.40821073],
    [0.26862954, 0.26130258, 0.27577711],
  ],
  dinov2: [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ],
  vit: [half, half],
};

/** The largest absolute difference between an encoder's tokens and a golden tensor, of which the first `skip` tokens are left out. */
async function assertTokens(encoder: Encoder, frames: Tensor5D, folder: string, name: string, skip = 0): Promise<void> {
  const { data, shape } = readSafetensors(join(folder, 'golden.safetensors')).tensors[name]!;
  const tokens = encoder.encode({ frames, faces: null }).frames;
  const [images, count, width] = shape.length === 2 ? [shape[0]!, 1, shape[1]!] : (shape as [number, number, number]);
  assert.equal(tokens.shape, [1, images, count - skip, width], name);
  const actual = await tokens.data();
  for (let i = 0; i < images; i++) {
    for (let j = 0; j < (count - skip) * width; j++) {
      const expected = data[(i * count + skip) * width + j]!;
      const found = actual[i * (count - skip) * width + j]!;
      assert.ok(Math.abs(found - expected) < 5e-5, `${name}, image ${i}: ${found}, expected ${expected}`);
    }
  }
  tokens.dispose();
}

for (const backend of ['tensorflow', 'wasm'] as const) {
  golden(`encoders give on ${backend} the layer and the tokens that are asked for, of frames of any size`, async () => {
    const tf = await testBackend(backend);
    if (!tf) return;
    for (const name of towers) {
      const folder = `${goldens}${name}`;
      const plugin = name.split('-')[0]!;
      const frames = framesOf(folder, 'pixel_values', ...processors[plugin]!);
      const cls = plugin === 'siglip' ? 0 : 1;
      for (const [options, tensor, skip] of [
        [{}, 'last_hidden_state', cls],
        [{ layer: -2 }, 'hidden_states.-2', cls],
        [{ layer: 1 }, 'hidden_states.1', cls],
        [{ select: 'pooled' }, 'pooler_output', 0],
        ...(cls ? [[{ select: 'cls+patches', layer: -1 }, 'hidden_states.-1', 0] as const] : []),
      ] as const) {
        const encoder = await encoderOf(folder, plugin, options);
        await assertTokens(encoder, frames, folder, tensor, skip);
        encoder.dispose();
      }
      frames.dispose();
      if (!['siglip', 'dinov2'].includes(plugin)) continue;
      const other = framesOf(folder, 'other_size.pixel_values', ...processors[plugin]!);
      const [, , height, width] = other.shape;
      const encoder = await encoderOf(folder, plugin, { 'frame-height': height, 'frame-width': width });
      await assertTokens(encoder, other, folder, 'other_size.last_hidden_state', cls);
      encoder.dispose();
      other.dispose();
    }
  });
}

/** A folder with another tower's config and weights, its tensors under other names. */
function variant(
  name: string,
  from: string,
  { config, weights, rename }: { config?: unknown; weights?: string; rename?: (name: string) => string },
) {
  const folder = join(scratch, name);
  cpSync(`${goldens}${from}`, folder, { recursive: true });
  if (config) writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const { tensors } = readSafetensors(`${goldens}${from}/${weights ?? 'model.safetensors'}`);
  rmSync(join(folder, 'model.safetensors'));
  const renamed = Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [rename ? rename(key) : key, tensor]));
  const other = { logit_scale: { shape: [1], data: new Float32Array(1) } };
  writeSafetensors(join(folder, 'model.safetensors'), rename ? { ...renamed, ...other } : renamed);
  return folder;
}

/** A folder whose weights lie in two files and an index. */
function sharded(name: string): string {
  const folder = variant(`${name}-sharded`, name, {});
  const { tensors } = readSafetensors(join(folder, 'model.safetensors'));
  rmSync(join(folder, 'model.safetensors'));
  const map: Record<string, string> = {};
  const shards = [0, 1].map((shard) => Object.entries(tensors).filter((_, i) => i % 2 === shard));
  shards.forEach((entries, shard) => {
    const file = `model-0000${shard + 1}-of-00002.safetensors`;
    writeSafetensors(join(folder, file), Object.fromEntries(entries));
    for (const [key] of entries) map[key] = file;
  });
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  return folder;
}

const configOf = (name: string, file = 'config.json') =>
  JSON.parse(readFileSync(`${goldens}${name}/${file}`, 'utf8')) as Record<string, unknown>;

golden('the same tower in every form that checkpoints have it in', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const [siglip, clip, dinov2, vit] = towers;
  const within = (name: string) => ({
    model_type: 'llava',
    architectures: ['LlavaForConditionalGeneration'],
    vision_config: configOf(name),
  });
  const forms = [
    ...towers.map((name) => [name, variant(`${name}-4`, name, { config: configOf(name, 'config.legacy.json') })] as const),
    [siglip, variant('siglip-old-keys', siglip, { weights: 'model.legacy-keys.safetensors' })],
    [clip, variant('clip-old-keys', clip, { weights: 'model.legacy-keys.safetensors' })],
    [siglip, variant('siglip-in-llava', siglip, { config: within(siglip), rename: (key) => `model.vision_tower.vision_model.${key}` })],
    [clip, variant('clip-in-llava', clip, { config: within(clip), rename: (key) => `vision_tower.vision_model.${key}` })],
    [
      clip,
      variant('clip-whole', clip, {
        config: { model_type: 'clip', vision_config: { ...configOf(clip), model_type: undefined } },
        rename: (key) => `vision_model.${key}`,
      }),
    ],
    [siglip, sharded(siglip)],
    [dinov2, variant('dinov2-classifier', dinov2, { rename: (key) => `dinov2.${key}` })],
    [
      vit,
      variant('vit-5-names', vit, {
        rename: (key) =>
          `vit.${key
            .replace('encoder.layer.', 'layers.')
            .replace('attention.attention.query', 'attention.q_proj')
            .replace('attention.attention.key', 'attention.k_proj')
            .replace('attention.attention.value', 'attention.v_proj')
            .replace('attention.output.dense', 'attention.o_proj')
            .replace('intermediate.dense', 'mlp.fc1')
            .replace(/(\d+)\.output\.dense/, '$1.mlp.fc2')}`,
      }),
    ],
  ] as const;
  for (const [name, folder] of forms) {
    const plugin = name.split('-')[0]!;
    const frames = framesOf(folder, 'pixel_values', ...processors[plugin]!);
    const encoder = await encoderOf(folder, plugin);
    await assertTokens(encoder, frames, folder, 'last_hidden_state', plugin === 'siglip' ? 0 : 1);
    encoder.dispose();
    frames.dispose();
  }
});

golden('compiled training steps do what those operation by operation do, of the whole tower and of LoRA', async () => {
  const tf = await testBackend('tensorflow');
  if (!tf) return;
  for (const [name, options] of [
    ['siglip-vision-p16-i48', { trainable: true, select: 'pooled' }],
    ['siglip-vision-p16-i48', { trainable: true, 'frame-height': 64 }],
    ['clip-vision-p16-i32', { lora: { rank: 2, alpha: 4, targets: 'all-linear', layers: [], 'rank-stabilised': false }, layer: -2 }],
    ['dinov2-p14-i42', { trainable: true, select: 'cls+patches' }],
    ['vit-p16-i32', { trainable: true, select: 'pooled' }],
  ] as const) {
    const losses: number[][] = [];
    for (const Engine of [CompiledEngine, EagerEngine]) {
      const encoder = await encoderOf(`${goldens}${name}`, name.split('-')[0]!, options);
      const { manifest, config } = await configured(`${goldens}${name}`, name.split('-')[0]!, options);
      const { height, width } = manifest.input!(config).frame;
      const data = Uint8Array.from({ length: 2 * height * width * 3 }, (_, i) => (i * i * 13 + i * 7) % 256);
      const forward: Forward = (_, { frames }) => {
        const tokens = encoder.encode({ frames: frames as Tensor5D, faces: null }).frames;
        const caption = tf.mean(tf.square(tf.sub(tokens, 0.5))) as Scalar;
        return { caption, auxiliary: null, total: caption };
      };
      const shared = { epsilon: 1e-8, 'weight-decay': 0.01, momentum: 0, nesterov: false };
      const optimizer = { name: 'adamw', 'learning-rate': 1e-3, betas: [0.9, 0.999], ...shared } as const;
      const groups = [{ variables: encoder.variables, learningRate: 1e-3, weightDecay: 0.01 }];
      const engine = new Engine({ groups, forward, clip: 1, precision: 'fp32', optimizer, engine: 'auto', 'check-engine': false });
      const run: number[] = [];
      for (let step = 0; step < 4; step++) {
        const { caption } = await engine.step('captions', [{ frames: { data, shape: [1, 2, height, width, 3] } }], [1e-3]);
        run.push(caption!);
      }
      losses.push(run);
      engine.dispose();
      encoder.dispose();
    }
    const [compiled, eager] = losses as [number[], number[]];
    compiled.forEach((loss, step) =>
      assert.ok(Math.abs(loss - eager[step]!) < 1e-5 * Math.max(1, eager[step]!), `${name}: ${compiled} and ${eager}`),
    );
    assert.ok(eager[3]! < eager[0]!, `${name}: ${eager}`);
  }
});

test.run();
