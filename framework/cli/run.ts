import { relative } from 'node:path';
import { Fault, formatError } from '../faults/index.js';
import { interruption } from '../pipeline/interruption.js';
import type { ExperimentOutcome } from '../pipeline/run-experiment.js';
import { planExperiment } from '../plan/plan-experiment.js';
import { visualTokenCount, visualTokenText } from '../plan/visual-token-count.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import { createProgress } from '../progress/create-progress.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';
import { overrideArguments, settingsArguments, settingsOptions } from './settings-arguments.js';

/** Where things lie now, and how to look at them again. */
function whereabouts({ report, folder, page, summary, failed }: ExperimentOutcome): string[] {
  const lines = [`report: ${relative('.', report)}`];
  if (page) lines.push(`MLflow: ${page}`);
  if (page?.startsWith('http://127.0.0.1')) lines.push('        to look at it again: npx mienlab mlflow');
  if (summary.pending)
    lines.push(`MLflow: ${summary.pending} entries are not there yet; npx mienlab sync ${relative('.', folder)} brings them over`);
  for (const refusal of summary.refused) lines.push(`MLflow refused: ${refusal}`);
  for (const { run, error } of failed) lines.push(`failed: ${run}: ${formatError(error)}`);
  return lines;
}

export const command: Command = {
  summary: 'run an experiment, from its clips to a report and MLflow',
  help: [
    'mienlab run EXPERIMENT [key=value ...] [--backend NAME] [--require gpu] [--tracking-uri URI] [--cache use|refresh|off] [--json]',
    '',
    'Composes and checks the experiment whole, then runs it: clips, faces, tuning, captions, scores, comparison. What was finished by an',
    'earlier run with the same plugins, config and data is taken from the cache. Ctrl-C ends it cleanly; the same command goes on.',
    '',
    '  tracker=none               another plugin           train.epochs=2            another value',
    '  tracker=none,facetrack     a sweep                  data=folder data.path=DIR your own videos',
    '',
    'An MLflow server is started for the run, unless --tracking-uri or MLFLOW_TRACKING_URI names one (none: journal only).',
  ].join('\n'),
  async run(args) {
    const { positionals, flags, options } = parseArguments(args, { flags: ['json'], options: settingsOptions });
    const [name, ...overrides] = positionals;
    if (name === undefined) throw new Fault('USAGE', 'which experiment?', { hint: 'mienlab run experiments/quickstart.yaml' });
    const registry = new PluginRegistry(generatedPlugins);
    const plan = await planExperiment(name, overrideArguments(overrides), { registry, args: settingsArguments(options) });

    // Loaded only now: a fault in a config is told before anything heavy is read.
    const { runExperiment } = await import('../pipeline/run-experiment.js');
    const { colourWanted, terminalTable } = await import('../compare/terminal-table.js');
    const { signal, dispose } = interruption();
    const progress = createProgress({ signal });
    const log = { info: (message: string) => progress.print(message), warn: (message: string) => progress.print(`warning: ${message}`) };
    try {
      const count = plan.runs.length;
      log.info(`${plan.settings.name}: ${count} ${count === 1 ? 'run' : 'runs'}${plan.axes.length ? ` over ${plan.axes.join(', ')}` : ''}`);
      // Said once for all runs that have as many.
      const tokens = new Map<string, string[]>();
      for (const { label, ports } of plan.runs) {
        const text = visualTokenText(visualTokenCount(ports.embeddings));
        tokens.set(text, [...new Set([...(tokens.get(text) ?? []), label])]);
      }
      for (const [text, labels] of tokens) log.info(`  ${text}${tokens.size > 1 ? ` (${labels.join('; ')})` : ''}`);
      const outcome = await runExperiment(plan, { registry, log, progress, signal });
      if (flags.has('json')) {
        const { folder, report, page, failed } = outcome;
        console.log(JSON.stringify({ folder, report, page, failed: failed.map(({ run }) => run) }));
      } else {
        const colour = colourWanted(process.stdout);
        console.log(terminalTable(outcome.comparison, outcome.analysis, { width: Math.min(process.stdout.columns ?? 120, 160), colour }));
        console.log(`\n${whereabouts(outcome).join('\n')}`);
      }
      return outcome.failed.length ? 1 : 0;
    } finally {
      progress.close();
      dispose();
    }
  },
};
