import type { PluginConfig, PluginKind, PluginManifest, Port } from '../contracts/index.js';
import type { Settings } from '../config/settings-schema.js';

/** A plugin that an experiment has chosen, with its checked config. */
export interface Chosen<Kind extends PluginKind> {
  manifest: PluginManifest<Kind>;
  config: PluginConfig;
}

/** Sizes on the way from the clip to the LLM head, checked before any work starts. */
export interface PlannedPorts {
  /** Sampled frames as the encoder takes them: {count, height, width}. */
  frames: Port;
  /** Crops of the principal face: {count, height, width}; null for a run without faces. */
  faces: Port | null;
  tracks: Port;
  /** {time, frame-tokens, face-tokens, width}. */
  tokens: Port;
  /** {tokens, hidden}. */
  embeddings: Port;
}

/** One run of a sweep, composed and checked. */
export interface RunPlan {
  /** The swept values that tell this run from the others, `facetrack` say, without the seed. */
  label: string;
  /** Swept keys and their values. */
  swept: Readonly<Record<string, string>>;
  overrides: readonly string[];
  settings: Settings;
  /** The resolved config, as composed. */
  config: Readonly<Record<string, unknown>>;
  plugins: { [Kind in Exclude<PluginKind, 'metric' | 'judge'>]: Chosen<Kind> };
  judge: Chosen<'judge'> | null;
  metrics: readonly Chosen<'metric'>[];
  ports: PlannedPorts;
}
