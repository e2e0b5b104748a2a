import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The folder of the mienlab package itself (where package.json, plugins/ and experiments/ lie). */
export const packageRoot = findRoot();

/** `.mienlab/` of the project the user stands in: runs, journals, caches, datasets. Git-ignored. MIENLAB_HOME names another. */
export function stateFolder(): string {
  return process.env['MIENLAB_HOME'] || join(process.cwd(), '.mienlab');
}

/** What checkouts share (libtensorflow, the MLflow environment, ffmpeg): MIENLAB_CACHE, else XDG_CACHE_HOME/mienlab, else ~/.cache/mienlab. */
export function cacheFolder(): string {
  return process.env['MIENLAB_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mienlab');
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;
}
