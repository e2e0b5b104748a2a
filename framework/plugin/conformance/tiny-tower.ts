import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { visionWeightShapes, writeSafetensors, ConfigFields } from '../../tensor/index.js';
import { seededRandom } from '../seeded-random.js';
import type { VisionFamily } from '../vision/vision-family.js';

/** Images of 16 pixels in four patches, two layers of width 8. */
const usual = {
  hidden_size: 8,
  intermediate_size: 12,
  mlp_ratio: 2,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  image_size: 16,
  patch_size: 8,
};

/** For tests: writes a Hugging Face folder of a vision tower with random weights; `changes` go into its config.json. */
export function tinyTower(folder: string, family: VisionFamily, changes: Readonly<Record<string, unknown>> = {}): void {
  const config = { model_type: family.modelTypes[0], ...usual, ...changes };
  const spec = family.spec(new ConfigFields(config, folder));
  const random = seededRandom(7);
  const shapes = visionWeightShapes(spec, { layers: spec.layers, norm: true, pooler: true });
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const draws = random.fork(name);
    const offset = /(norm\w*\.weight|lambda1)$/.test(name) ? 1 : 0;
    const data = Float32Array.from({ length: shape.reduce((size, side) => size * side, 1) }, () => offset + 0.3 * draws.normal());
    return [name, { shape, data }];
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(tensors));
}
