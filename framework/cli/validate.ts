import { Fault } from '../faults/index.js';
import { planExperiment } from '../plan/plan-experiment.js';
import { visualTokenCount, visualTokenText } from '../plan/visual-token-count.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';
import { overrideArguments, settingsArguments, settingsOptions } from './settings-arguments.js';

export const command: Command = {
  summary: 'check an experiment whole, and start nothing',
  help: [
    'mienlab validate EXPERIMENT [key=value ...] [--json]',
    '',
    'Composes the experiment, checks its settings, its plugins’ options and the sizes that pass between them, for every run of its',
    'sweep. All faults are shown together, each with its place; the exit code is then 2.',
  ].join('\n'),
  async run(args) {
    const { positionals, flags, options } = parseArguments(args, { flags: ['json'], options: settingsOptions });
    const [name, ...overrides] = positionals;
    if (name === undefined) throw new Fault('USAGE', 'which experiment?', { hint: 'mienlab validate experiments/quickstart.yaml' });
    const plan = await planExperiment(name, overrideArguments(overrides), {
      registry: new PluginRegistry(generatedPlugins),
      args: settingsArguments(options),
    });
    const runs = plan.runs.map(({ label, settings, ports }) => {
      return { label, seed: settings.seed, tokens: visualTokenCount(ports.embeddings), ports };
    });
    if (flags.has('json')) console.log(JSON.stringify({ name: plan.settings.name, runs }, null, 2));
    else {
      for (const { label, seed, ports } of runs) {
        const tokens = visualTokenText(visualTokenCount(ports.embeddings));
        console.log(`${label}  seed ${seed}  ${tokens}; width ${ports.embeddings.dims['hidden']}`);
      }
      console.log(`${plan.settings.name}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, nothing wrong`);
    }
    return 0;
  },
};
