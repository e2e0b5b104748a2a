import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../paths.js';

/** The `mlflow` program: MIENLAB_MLFLOW, else the newest that `mienlab setup` made in the cache folder; undefined where there is none. */
export function mlflowExecutable(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['MIENLAB_MLFLOW'];
  if (named) return existsSync(named) ? named : undefined;
  const cache = cacheFolder();
  if (!existsSync(cache)) return undefined;
  const folders = readdirSync(cache).filter((name) => /^mlflow-\d/.test(name));
  folders.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return folders.map((name) => join(cache, name, 'bin', 'mlflow')).findLast((file) => existsSync(file));
}
