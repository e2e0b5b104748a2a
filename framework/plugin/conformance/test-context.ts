import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { PluginContext } from '../../contracts/index.js';
import { seededRandom } from '../seeded-random.js';

/** A context for tests: silent, seeded, with a fresh folder under the system's temporary folder. */
export function testContext(seed = 1): PluginContext & { warnings: string[] } {
  const warnings: string[] = [];
  let folder: string | undefined;
  return {
    warnings,
    log: { info: () => {}, warn: (message) => void warnings.push(message) },
    random: seededRandom(seed),
    progress: { start: () => ({ done: () => {}, end: () => {} }) },
    signal: new AbortController().signal,
    folder: () => (folder ??= mkdtempSync(join(tmpdir(), 'mienlab-plugin-'))),
    resolve: (path) => resolve(path),
  };
}
