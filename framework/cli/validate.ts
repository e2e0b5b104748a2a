import { Fault } from '../faults/index.js';
import type { DataReport } from '../pipeline/check-data.js';
import { interruption } from '../pipeline/interruption.js';
import { planExperiment } from '../plan/plan-experiment.js';
import { visualTokenCount, visualTokenText } from '../plan/visual-token-count.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import { createProgress } from '../progress/create-progress.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';
import { overrideArguments, settingsArguments, settingsOptions } from './settings-arguments.js';

function dataOf(dataset: string, found: DataReport['found']): string {
  if (!found) return `data: ${dataset} makes its clips itself`;
  const { samples, videos } = found;
  return `data: ${dataset}, ${videos} videos, samples: ${samples.train} train, ${samples.validation} validation, ${samples.test} test`;
}

export const command: Command = {
  summary: 'check an experiment whole, and start nothing',
  help: [
    'mienlab validate EXPERIMENT [key=value ...] [--quick] [--shown N] [--json]',
    '',
    'Composes the experiment, checks its settings, its plugins’ options and the sizes that pass between them, for every run of its',
    'sweep. All faults are shown together, each with its place; the exit code is then 2.',
    '',
    'Then it looks through the data, where that is read from files: entries, placeholders, answers, lengths for the LLM head, videos (each is',
    'decoded once; what was looked at before is not opened again), and videos that are in two splits. The first 10 faults of each sort are',
    'shown (--shown N), with the number of all; the exit code is then 1. --quick opens no video.',
  ].join('\n'),
  async run(args) {
    const { positionals, flags, options } = parseArguments(args, { flags: ['json', 'quick'], options: [...settingsOptions, 'shown'] });
    const [name, ...overrides] = positionals;
    if (name === undefined) throw new Fault('USAGE', 'which experiment?', { hint: 'mienlab validate experiments/quickstart.yaml' });
    const registry = new PluginRegistry(generatedPlugins);
    const plan = await planExperiment(name, overrideArguments(overrides), { registry, args: settingsArguments(options) });
    const shown = Number(options.get('shown') ?? 10);
    if (!Number.isInteger(shown) || shown < 1)
      throw new Fault('USAGE', `--shown is "${options.get('shown')}"`, { expected: 'a number of faults, from 1' });
    // Loaded only now: a fault in a config is told before anything heavy is read.
    const { checkData } = await import('../pipeline/check-data.js');
    const { signal, dispose } = interruption();
    const progress = createProgress({ signal });
    const log = { info: (message: string) => progress.print(message), warn: (message: string) => progress.print(`warning: ${message}`) };
    const data = await checkData(plan, { registry, log, progress, signal }, { shown, quick: flags.has('quick') }).finally(() => {
      progress.close();
      dispose();
    });
    const runs = plan.runs.map(({ label, settings, ports }) => {
      return { label, seed: settings.seed, tokens: visualTokenCount(ports.embeddings), ports };
    });
    if (flags.has('json')) console.log(JSON.stringify({ name: plan.settings.name, runs, data }, null, 2));
    else {
      for (const { label, seed, ports } of runs) {
        const tokens = visualTokenText(visualTokenCount(ports.embeddings));
        console.log(`${label}  seed ${seed}  ${tokens}; width ${ports.embeddings.dims['hidden']}`);
      }
      for (const { dataset, found } of data) console.log(dataOf(dataset, found));
      console.log(`${plan.settings.name}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, nothing wrong`);
    }
    return 0;
  },
};
