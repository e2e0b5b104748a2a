import { checkBlock } from '../config/check-block.js';
import type { Placed } from '../config/load-settings.js';
import type { PluginBlock, Settings } from '../config/settings-schema.js';
import type { PluginKind } from '../contracts/index.js';
import { Fault, FaultList } from '../faults/index.js';
import { pluginKinds } from '../plugin/index.js';
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
      return { manifest, config: checked.config };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const [at, part] = kind === 'metric' ? [path, 'key' as const] : [[...path, 'name'], 'value' as const];
      faults.push(placed.fault(at, error.code, error.message, error.details, part));
      // Never used: the list of faults is thrown below.
      return undefined as never;
    }
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
