import { parse } from 'yaml';
import { checkBlock } from '../config/check-block.js';
import { pluginContext } from '../container/plugin-context.js';
import type { EventGrammar, Judge, Log, Progress } from '../contracts/index.js';
import { Fault, FaultList } from '../faults/index.js';
import type { PluginRegistry } from '../plugin/plugin-registry.js';

interface OpenJudgeOptions {
  registry: PluginRegistry;
  name: string;
  /** `judge.OPTION=VALUE`, the value as in YAML. */
  overrides: readonly string[];
  grammar: EventGrammar | null;
  log: Log;
  progress: Progress;
  signal: AbortSignal;
}

/** A judge outside of an experiment. Throws the faults of its options (USAGE, PLUGIN_UNKNOWN, CONFIG_*), all together. */
export async function openJudge({ registry, name, overrides, grammar, ...services }: OpenJudgeOptions): Promise<Judge> {
  const manifest = await registry.load('judge', name);
  const block: Record<string, unknown> = {};
  for (const override of overrides) {
    const [, key, value] = /^judge\.([a-z][a-z0-9-]*)=(.*)$/s.exec(override) ?? [];
    if (key === undefined) throw new Fault('USAGE', `"${override}" is no option of the judge`, { expected: 'judge.OPTION=VALUE' });
    block[key] = parse(value!);
  }
  const fault = (path: readonly (string | number)[], ...[code, message, details]: ConstructorParameters<typeof Fault>) =>
    new Fault(code, message, { key: path.join('.'), ...details });
  const { config, faults } = checkBlock(block, manifest.config, ['judge'], { fault });
  if (faults.length) throw new FaultList(faults);
  return manifest.create(pluginContext(manifest, 0, services), config, { grammar });
}
