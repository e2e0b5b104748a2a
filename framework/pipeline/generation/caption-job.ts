import type { PluginConfig, PluginKind } from '../../contracts/index.js';
import type { RunPlan } from '../../plan/run-plan.js';
import type { PluginRegistry } from '../../plugin/plugin-registry.js';
import type { FrozenFeatures } from '../frozen-features.js';
import type { DigestedClip } from '../perceive.js';
import type { PixelFolders } from '../visual-source.js';
import type { ErrorData } from './error-data.js';

/** A plugin by its name: a manifest holds functions, which no message can. */
interface NamedPlugin {
  name: string;
  config: PluginConfig;
}

type PlannedKind = keyof RunPlan['plugins'];

/** All that another process needs to caption clips with a run's checkpoint: data alone. */
export interface CaptionJob {
  plan: Omit<RunPlan, 'plugins' | 'judge' | 'metrics'> & { plugins: Record<PlannedKind, NamedPlugin> };
  /** To be captioned, in this order. */
  clips: readonly DigestedClip[];
  /** Training captions and instructions, as the LLM head was given them. */
  texts: readonly string[];
  /** Folder of the checkpoint. */
  checkpoint: string;
  perception: PixelFolders;
  features: Pick<FrozenFeatures, 'arrays' | 'withoutEncoder'> | null;
}

/** What the parent sends: a job once the last one is finished, or that there will be none. */
export type ToChild = CaptionJob | 'end';

/** What the child sends. `step` tells its progress lines apart. */
export type FromChild =
  | { type: 'ready' }
  | { type: 'captions'; first: number; texts: string[] }
  | { type: 'log'; level: 'info' | 'warn'; message: string }
  | { type: 'start'; step: number; label: string; total: number }
  | { type: 'done'; step: number; count: number; detail?: string }
  | { type: 'end'; step: number }
  | { type: 'finished' }
  | { type: 'failed'; error: ErrorData };

/** A plan as data. */
export function planData({ plugins, judge: _, metrics: __, ...plan }: RunPlan): CaptionJob['plan'] {
  const named = Object.entries(plugins).map(([kind, { manifest, config }]) => [kind, { name: manifest.name, config }]);
  return { ...plan, plugins: Object.fromEntries(named) as Record<PlannedKind, NamedPlugin> };
}

/** The plan again, without judge and metrics. Throws Fault PLUGIN_UNKNOWN where the registry lacks a plugin. */
export async function planFromData({ plugins, ...plan }: CaptionJob['plan'], registry: PluginRegistry): Promise<RunPlan> {
  const chosen = await Promise.all(
    Object.entries(plugins).map(async ([kind, { name, config }]) => [
      kind,
      { manifest: await registry.load(kind as PluginKind, name), config },
    ]),
  );
  return { ...plan, plugins: Object.fromEntries(chosen) as RunPlan['plugins'], judge: null, metrics: [] };
}
