import type { ImageSize, PluginKind } from '../contracts/index.js';
import type { Chosen, RunPlan } from '../plan/run-plan.js';
import { cacheKey } from './stage-cache.js';

/** Cache keys of what a run needs of its videos. Two runs with the same key share the work. */
export interface PerceptionKeys {
  detections: string;
  tracks: string;
  /** Whole frames in the encoder's size. */
  frames: string;
  /** Crops in the encoder's size; null for a run without faces. */
  faces: string | null;
}

/** Name, version and config of a plugin; `nonce` keeps the output of one that is not deterministic from being shared between experiments. */
export function pluginKey<Kind extends PluginKind>({ manifest, config }: Chosen<Kind>, nonce: string): unknown {
  return [manifest.kind, manifest.name, manifest.version, config, manifest.deterministic ? null : nonce];
}

/** What of an encoder's wishes is not in its ports; nothing where it wishes nothing. */
function resampling({ fit, filter }: ImageSize): unknown[] {
  return fit === undefined && filter === undefined ? [] : [{ fit, filter }];
}

export function perceptionKeys({ plugins, settings, ports }: RunPlan, nonce: string): PerceptionKeys {
  const decode = settings.video;
  const input = plugins.encoder.manifest.input!(plugins.encoder.config);
  const detections = cacheKey(['detections', decode, pluginKey(plugins.detector, nonce)]);
  const tracks = cacheKey(['tracks', detections, pluginKey(plugins.tracker, nonce)]);
  return {
    detections,
    tracks,
    frames: cacheKey(['frames', decode, ports.frames.dims, ...resampling(input.frame)]),
    faces: ports.faces && cacheKey(['faces', tracks, settings.crop, ports.faces.dims, ...resampling(input.face)]),
  };
}
