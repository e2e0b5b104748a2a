// Vision towers of real sizes with random weights, as Hugging Face folders in mienlab's cache folder; written once.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from 'mienlab/plugin';
import { cacheFolder } from '../../dist/framework/paths.js';

const writer = join(dirname(fileURLToPath(import.meta.url)), '../workers/random_vision.py');

/** `vision_use_head: false`: both sides compute the patches' tokens, not SigLIP's pooled one. */
const towers = {
  siglip: {
    family: 'siglip',
    config: { hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12, image_size: 224, patch_size: 16 },
    more: { vision_use_head: false },
    classToken: false,
  },
  clip: {
    family: 'clip',
    config: { hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 24, num_attention_heads: 16, image_size: 336, patch_size: 14 },
    more: { projection_dim: 768 },
    classToken: true,
  },
};
export const towerNames = Object.keys(towers);

/** The folder of a tower, its family, the side of its images in pixels, and whether a class token comes before the patches'. */
export function prepareTower(name, python) {
  const { family, config, more, classToken } = towers[name];
  const root = join(cacheFolder(), 'bench-models');
  const folder = join(root, `${name}-${config.hidden_size}-${config.image_size}`);
  if (!existsSync(folder)) {
    const aside = `${folder}.${process.pid}.part`;
    mkdirSync(root, { recursive: true });
    try {
      const { status, stderr } = spawnSync(python, [writer, aside, family, JSON.stringify({ ...config, ...more })], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${name} could not be written:\n${stderr.slice(-3000)}`);
      renameSync(aside, folder);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  }
  return { name, family, folder, side: config.image_size, classToken };
}

/** Seeded bytes [images, side, side, 3], of smooth patterns and noise: what all systems see. */
export function pixelBytes(images, side) {
  const random = seededRandom(11);
  const bytes = new Uint8Array(images * side * side * 3);
  for (let image = 0, at = 0; image < images; image++) {
    const [across, down] = [2 + random.integer(6), 2 + random.integer(6)];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        for (let colour = 0; colour < 3; colour++)
          bytes[at++] = 100 + 60 * Math.sin((across * x + colour) / side + (down * y) / side) + random.integer(60);
  }
  return bytes;
}
