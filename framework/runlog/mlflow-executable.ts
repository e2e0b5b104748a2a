import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../paths.js';

/** The `mlflow` program: MIENLAB_MLFLOW, else the newest that `mienlab setup` made in the cache folder; undefined where there is none. */
export function mlflowExecutable(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['MIENLAB_MLFLOW'];
  if (named) return existsSync(named) ? named : undefined;
  const folder = join(cacheFolder(), 'mlflow');
  if (!existsSync(folder)) return undefined;
  const versions = readdirSync(folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return versions.map((version) => join(folder, version, 'bin', 'mlflow')).findLast((file) => existsSync(file));
}
