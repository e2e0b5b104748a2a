import type { ClipGeometry, Detection, Detector, Frames, Log, PluginConfig } from '../../contracts/index.js';
import { pluginContext } from '../../container/plugin-context.js';
import { PluginRegistry } from '../../plugin/plugin-registry.js';
import { generatedPlugins } from '../../plugin/registry.generated.js';

/** A detector by name, its config checked. */
export interface DetectorChoice {
  name: string;
  config: PluginConfig;
}

export interface DetectServices {
  log: Log;
  signal: AbortSignal;
}

/** Makes the detector in this thread. Throws as its plugin does: Fault BACKEND_MISSING where it computes with tensors and no backend is loaded. */
export async function makeDetector({ name, config }: DetectorChoice, { log, signal }: DetectServices): Promise<Detector> {
  const manifest = await new PluginRegistry(generatedPlugins).load('detector', name);
  const progress = { start: () => ({ done: () => {}, end: () => {} }) };
  return manifest.create(pluginContext(manifest, 0, { log, progress, signal }), config, {});
}

/** What a worker is sent: frames of a clip. */
export interface DetectJob {
  job: number;
  frames: Frames;
  known: Pick<ClipGeometry, 'clip' | 'truth'>;
}

export type DetectAnswer =
  | { type: 'ready' }
  | { type: 'faces'; job: number; faces: Detection[][] }
  | { type: 'warning'; message: string }
  | { type: 'failed'; job?: number; error: unknown };
