import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Log, PluginContext, PluginKind, PluginManifest, Progress } from '../contracts/index.js';
import { stateFolder } from '../paths.js';
import { pluginKinds, seededRandom } from '../plugin/index.js';

interface ContextServices {
  log: Log;
  progress: Progress;
  signal: AbortSignal;
}

/** All that a plugin may reach. Its randomness is forked by kind, so that swapping one part leaves the others' draws as they were. */
export function pluginContext(
  manifest: PluginManifest<PluginKind>,
  seed: number,
  { log, progress, signal }: ContextServices,
): PluginContext {
  const say = (message: string) => `${manifest.kind} ${manifest.name}: ${message}`;
  return {
    log: { info: (message) => log.info(say(message)), warn: (message) => log.warn(say(message)) },
    progress,
    signal,
    random: seededRandom(seed).fork(manifest.kind),
    folder() {
      const folder = join(stateFolder(), pluginKinds[manifest.kind].folder, manifest.name);
      mkdirSync(folder, { recursive: true });
      return folder;
    },
    resolve: (path) => resolve(path),
  };
}
