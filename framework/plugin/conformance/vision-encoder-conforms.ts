import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor5D, Variable } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PluginConfig, PluginManifest } from '../../contracts/index.js';
import { Fault, type FaultCode } from '../../faults/index.js';
import { tensorflow } from '../../tensor/index.js';
import { defaultConfig } from '../default-config.js';
import type { VisionFamily } from '../vision/vision-family.js';
import { encoderConforms } from './encoder-conforms.js';
import { withBackend } from './model-part-conforms.js';
import { testContext } from './test-context.js';
import { tinyTower } from './tiny-tower.js';

/**
 * Registers the tests that every encoder made with `visionEncoder` must pass, on a tower of two layers: those of all encoders, frozen, trainable
 * and with LoRA, ports for every option, and faults for what does not fit.
 */
export function visionEncoderConforms(plugin: PluginManifest<'encoder'>, family: VisionFamily): void {
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-tower-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'tower');
  tinyTower(path, family);
  const sizes = { 'frame-height': 24, 'crop-size': 16 };
  const selects = plugin.config.properties['select']!['enum'] as string[];
  for (const options of [{}, sizes, { trainable: true, layer: -2 }, ...selects.map((select) => ({ select, trainable: true }))]) {
    encoderConforms(plugin, { path, ...options }, { pretrained: true });
  }

  const what = `encoder ${plugin.name}`;
  const config = (options: PluginConfig = {}) => ({ ...defaultConfig(plugin.config), path, ...options });
  const make = (options: PluginConfig = {}) =>
    plugin.create(testContext(3), config(options), { ports: { frames: { type: 'frames', dims: {} }, faces: null } });
  const lora = { rank: 2, alpha: 4, targets: 'all-linear', layers: [], 'rank-stabilised': false };

  test(`${what}: ports say how many tokens each choice gives, and the checkpoint's image processor how frames come to their size`, () => {
    const ports = { frames: { type: 'frames', dims: { count: 5 } }, tracks: { type: 'tracks', dims: { principal: 1 } } };
    const dims = (options: PluginConfig) => plugin.produces(config(options), ports).dims;
    assert.equal(dims(sizes), { time: 5, 'frame-tokens': 6, 'face-tokens': 4, width: 8 });
    assert.equal(dims({ select: 'pooled' }), { time: 5, 'frame-tokens': 1, 'face-tokens': 1, width: 8 });
    if (selects.includes('cls+patches')) assert.is(dims({ select: 'cls+patches' })['frame-tokens'], 5);
    const { frame, face } = plugin.input!(config());
    assert.equal(face, { height: 16, width: 16, filter: family.processor.filter });
    const { shortestEdge } = family.processor;
    const fit = shortestEdge === null ? 'stretch' : { shortestEdge: Math.round(16 * shortestEdge) };
    assert.equal(frame, { height: 16, width: 16, fit, filter: family.processor.filter });
    const file = join(path, 'preprocessor_config.json');
    writeFileSync(file, JSON.stringify({ do_center_crop: true, size: { shortest_edge: 16 }, crop_size: 8, resample: 1 }));
    assert.equal(plugin.input!(config()).frame, { height: 8, width: 8, fit: { shortestEdge: 16 }, filter: 'lanczos' });
    assert.equal(plugin.input!(config({ fit: 'stretch', filter: 'bilinear' })).frame, {
      height: 8,
      width: 8,
      fit: 'stretch',
      filter: 'bilinear',
    });
    rmSync(file);
    const pad = family.processor.mean.map((mean) => Math.trunc(mean * 255));
    assert.equal(plugin.input!(config({ fit: 'pad' })).frame.fit, { pad });
    assert.equal(plugin.frozen!(config()), true);
    assert.equal([plugin.frozen!(config({ trainable: true })), plugin.frozen!(config({ lora }))], [false, false]);
  });

  test(`${what}: LoRA adds nothing at first, is all that is trained, and reaches what it adds to`, async () => {
    await withBackend();
    const tf = tensorflow();
    const [plain, adapted] = await Promise.all([make(), make({ lora })]);
    const frames = tf.randomUniform([1, 2, 16, 16, 3], 0, 255, 'float32', 1) as Tensor5D;
    const values = () => [plain, adapted].map((encoder) => tf.tidy(() => [...encoder.encode({ frames, faces: null }).frames.dataSync()]));
    const [before, same] = values();
    assert.equal(same, before);
    const names = Object.keys(adapted.variables);
    // Four layers of attention and two of the MLP, in two blocks.
    assert.is(names.length, 2 * 6 * 2, names.join());
    assert.ok(names.every((name) => /\.lora_[AB]\.weight$/.test(name)));
    for (const [name, variable] of Object.entries(adapted.variables)) {
      if (name.includes('lora_B')) tf.tidy(() => (variable as Variable).assign(tf.fill(variable.shape, 0.1)));
    }
    assert.not.equal(values()[1], before);
    frames.dispose();
    for (const encoder of [plain, adapted]) encoder.dispose();
  });

  test(`${what}: a frozen tower gives the same for many images as for few`, async () => {
    await withBackend();
    const tf = tensorflow();
    const encoder = await make();
    const many = tf.randomUniform([1, 1100, 16, 16, 3], 0, 255, 'float32', 1) as Tensor5D;
    const [all, last] = tf.tidy(() => {
      const { frames } = encoder.encode({ frames: many, faces: null });
      const few = tf.slice(many, [0, 1097, 0, 0, 0], [1, 3, 16, 16, 3]) as Tensor5D;
      return [tf.slice(frames, [0, 1097, 0, 0], [1, 3, frames.shape[2], 8]), encoder.encode({ frames: few, faces: null }).frames].map(
        (tensor) => [...tensor.dataSync()],
      );
    }) as unknown as [number[], number[]];
    assert.ok(all.every((value, i) => Math.abs(value - last[i]!) < 1e-5));
    many.dispose();
    encoder.dispose();
  });

  function fault(code: FaultCode, pattern: RegExp, body: () => unknown): Fault {
    try {
      body();
    } catch (error) {
      assert.instance(error, Fault);
      assert.is((error as Fault).code, code, (error as Fault).message);
      assert.match((error as Fault).message, pattern);
      return error as Fault;
    }
    return assert.unreachable() as never;
  }

  test(`${what}: what does not fit is told before the run`, () => {
    const ask = (options: PluginConfig) => () => plugin.input!(config(options));
    assert.is(fault('PORT_MISMATCH', /frame-height 20 .*patch 8/, ask({ 'frame-height': 20 })).details.key, 'encoder.frame-height');
    fault('PORT_MISMATCH', /crop-size 12/, ask({ 'crop-size': 12 }));
    fault('PORT_MISMATCH', /pad makes squares/, ask({ fit: 'pad', 'frame-height': 24 }));
    fault('CONFIG_VALUE', /no hidden state 3/, ask({ layer: 3 }));
    fault('CONFIG_VALUE', /no hidden state -4/, ask({ layer: -4 }));
    fault('CONFIG_VALUE', /pooled token/, ask({ layer: -2, select: 'pooled' }));
    fault('CONFIG_VALUE', /lora keeps/, ask({ trainable: true, lora }));
    fault('ASSET_MISSING', /no checkpoint/, ask({ path: join(folder, 'none') }));
    const other = (name: string, changes: Readonly<Record<string, unknown>>) => {
      const changed = join(folder, name);
      tinyTower(changed, family);
      const before = JSON.parse(readFileSync(join(changed, 'config.json'), 'utf8')) as Record<string, unknown>;
      writeFileSync(join(changed, 'config.json'), JSON.stringify({ ...before, ...changes }));
      return changed;
    };
    assert.is(
      fault('CHECKPOINT_INVALID', /"bert" is not supported/, ask({ path: other('bert', { model_type: 'bert' }) })).details.key,
      'model_type',
    );
    fault('CHECKPOINT_INVALID', /num_channels: it is 1/, ask({ path: other('grey', { num_channels: 1 }) }));
    fault('CHECKPOINT_INVALID', /3 does not divide hidden_size 8/, ask({ path: other('heads', { num_attention_heads: 3 }) }));
    fault('CHECKPOINT_INVALID', /hidden_act: "relu"/, ask({ path: other('relu', { hidden_act: 'relu' }) }));
    fault('CHECKPOINT_INVALID', /patch_size: 32 is more/, ask({ path: other('patch', { patch_size: 32 }) }));
    const processor = (text: string) => {
      const changed = other('processor', {});
      writeFileSync(join(changed, 'preprocessor_config.json'), text);
      return ask({ path: changed });
    };
    fault('CHECKPOINT_INVALID', /resample/, processor('{"resample": 4}'));
    fault('CHECKPOINT_INVALID', /image_std/, processor('{"image_std": [1, 0, 1]}'));
  });

  test(`${what}: weights of another model, and images of another size, are faults`, async () => {
    await withBackend();
    const tf = tensorflow();
    const before = tf.memory().numTensors;
    const rejected = async (options: PluginConfig, code: FaultCode, pattern: RegExp) => {
      try {
        await make(options);
        assert.unreachable();
      } catch (error) {
        assert.is((error as Fault).code, code, (error as Error).message);
        assert.match((error as Fault).message, pattern);
      }
    };
    const larger = join(folder, 'larger');
    tinyTower(larger, family, { num_hidden_layers: 3 });
    writeFileSync(join(larger, 'config.json'), readFileSync(join(path, 'config.json')));
    await rejected({ path: larger }, 'CHECKPOINT_INVALID', /layers?\.2.* has no place/);
    const wider = join(folder, 'wider');
    tinyTower(wider, family, { image_size: 24 });
    writeFileSync(join(wider, 'config.json'), readFileSync(join(path, 'config.json')));
    await rejected({ path: wider }, 'CHECKPOINT_INVALID', /position_embedding.* is \[/);
    await rejected({ lora: { ...lora, targets: ['nowhere'] } }, 'CONFIG_VALUE', /no linear layer is called "nowhere"/);
    const encoder = await make();
    for (const [width, colours] of [
      [24, 3],
      [16, 4],
    ] as const) {
      const frames: Tensor5D = tf.zeros([1, 1, 16, width, colours]);
      fault('TENSOR_SHAPE', /frames are \[1, 1/, () => encoder.encode({ frames, faces: null }));
      frames.dispose();
    }
    encoder.dispose();
    assert.ok(tf.memory().numTensors <= before + 32, 'tensors are left behind');
  });
}
