import { checkBlock } from '../config/check-block.js';
import type { Placed } from '../config/load-settings.js';
import type { PluginBlock, Settings } from '../config/settings-schema.js';
import type { PluginConfig, PluginKind, PluginManifest } from '../contracts/index.js';
import { Fault, FaultList } from '../faults/index.js';
import { pluginKinds, withNested } from '../plugin/index.js';
import type { PluginRegistry } from '../plugin/plugin-registry.js';
import type { Chosen, RunPlan } from './run-plan.js';

type Chosens = Pick<RunPlan, 'plugins' | 'judge' | 'metrics'>;

/** Loads the manifests of the chosen plugins and checks their blocks. Throws a FaultList of all that is wrong. */
export async function choosePlugins(settings: Settings, registry: PluginRegistry, placed: Placed): Promise<Chosens> {
  const faults: Fault[] = [];

  async function choose<Kind extends PluginKind>(
    kind: Kind,
    name: string,
    block: Record<string, unknown>,
    path: string[],
  ): Promise<Chosen<Kind>> {
    try {
      const manifest = await registry.load(kind, name);
      const checked = checkBlock(block, manifest.config, path, placed);
      faults.push(...checked.faults);
      if (!manifest.nested || checked.faults.length) return { manifest, config: checked.config };
      return (await nest(manifest as unknown as PluginManifest<'encoder'>, checked.config, path)) as unknown as Chosen<Kind>;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const [at, part] = kind === 'metric' ? [path, 'key' as const] : [[...path, 'name'], 'value' as const];
      faults.push(placed.fault(at, error.code, error.message, error.details, part));
      // Never used: the list of faults is thrown below.
      return undefined as never;
    }
  }

  /** Chooses what stands in the block of an encoder that has others within it. */
  async function nest(manifest: PluginManifest<'encoder'>, config: PluginConfig, path: string[]): Promise<Chosen<'encoder'>> {
    const filled: Record<string, unknown> = { ...config };
    const choice: Record<string, Chosen<'encoder'>> = {};
    for (const option of manifest.nested ?? []) {
      const block = config[option] as PluginBlock | null;
      if (block === null) continue;
      const { name, ...rest } = block;
      choice[option] = await choose('encoder', name, rest, [...path, option]);
      filled[option] = { name, ...choice[option]?.config };
    }
    // After a fault there are gaps; the list is thrown below.
    return faults.length ? { manifest, config: filled } : { manifest: withNested(manifest, choice), config: filled };
  }

  /** The plugin's own part of a block: without its name and without settings of the framework's that stand beside it. */
  const single = <Kind extends Exclude<PluginKind, 'metric'>>(kind: Kind, block: PluginBlock) => {
    const { name, ...rest } = block;
    delete (rest as Record<string, unknown>)['on-error'];
    return choose(kind, name, rest, [pluginKinds[kind].group]);
  };

  const plugins = {
    dataset: await single('dataset', settings.data),
    detector: await single('detector', settings.detector),
    tracker: await single('tracker', settings.tracker),
    encoder: await single('encoder', settings.encoder),
    projector: await single('projector', settings.projector),
    'llm-head': await single('llm-head', settings['llm-head']),
  };
  const judge = settings.judge ? await single('judge', settings.judge) : null;
  const metrics: Chosen<'metric'>[] = [];
  for (const [name, block] of Object.entries(settings.metrics)) {
    metrics.push(await choose('metric', name, { ...(block ?? {}) }, ['metrics', name]));
  }
  const onError = settings.data['on-error'];
  if (onError !== 'skip' && onError !== 'fail') {
    faults.push(
      placed.fault(['data', 'on-error'], 'CONFIG_VALUE', `"data.on-error" is ${JSON.stringify(onError)}`, { known: ['skip', 'fail'] }),
    );
  }
  if (faults.length) throw new FaultList(faults);
  return { plugins, judge, metrics };
}
