import { resolve } from 'node:path';
import type { AuditRequest } from '../audit/audit-metrics.js';
import { Fault } from '../faults/index.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import { readCaptionFile } from '../text/captions/caption-file.js';
import { referencesPath } from '../text/captions/named-references.js';
import { pluginOptions, wholeNumber } from './caption-options.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';

const options = ['references', 'metrics', 'judge', 'items', 'resamples', 'seed', 'out'] as const;

async function requestOf(positionals: readonly string[], given: ReadonlyMap<string, string>): Promise<AuditRequest> {
  const references = given.get('references');
  if (references === undefined) throw new Fault('USAGE', '--references is missing', { hint: 'mienlab audit-metrics --help' });
  const judge = given.get('judge');
  const usual = judge === undefined ? 'cider,rouge-l,bleu' : 'cider,rouge-l,bleu,autodq,tem';
  const metrics = [...new Set((given.get('metrics') ?? usual).split(',').filter(Boolean))];
  const settings = await pluginOptions(positionals, judge === undefined ? metrics : [...metrics, judge]);
  const items = given.get('items');
  return {
    references: { label: references, entries: readCaptionFile(referencesPath(references, (path) => resolve(path))) },
    metrics: metrics.map((name) => ({ name, options: settings.get(name)! })),
    judge: judge === undefined ? null : { name: judge, options: settings.get(judge)! },
    items: items === undefined ? undefined : wholeNumber(items, 'items'),
    resamples: wholeNumber(given.get('resamples') ?? '1000', 'resamples'),
    seed: wholeNumber(given.get('seed') ?? '0', 'seed'),
  };
}

export const command: Command = {
  summary: 'what each metric notices: reference captions made wrong in known ways',
  help: `mienlab audit-metrics --references FILE|fec-bench [--metrics a,b] [METRIC.OPTION=VALUE ...]

Perturbs reference captions in known ways (events in reverse order, an emotion by its opposite, left and right swapped, a paraphrase, cut,
doubled, ...) and scores each against itself untouched: which metrics notice what. docs/metric-audit.md tells how to read it, and what came
of FEC-Bench.

  --references fec-bench  the benchmark's captions, from the file that MIENLAB_FEC_BENCH names
  --metrics a,b           default cider,rouge-l,bleu, and with a judge autodq,tem
  --judge NAME            who reads events for metrics that need a judge; it is asked about every perturbed caption
  --items N               of N captions drawn by the seed only (CIDEr's document frequencies are then theirs)
  --resamples N           of the bootstrap, default 1000; 0 for no intervals
  --seed N                of all that is drawn, default 0
  --out DIR               also write audit.html, audit.svg and audit.json there
  --json                  the same as audit.json on standard output`,
  async run(args) {
    const { positionals, flags, options: given } = parseArguments(args, { flags: ['json'], options });
    const request = await requestOf(positionals, given);
    const [{ auditMetrics }, { createProgress }, { interruption }] = await Promise.all([
      import('../audit/audit-metrics.js'),
      import('../progress/create-progress.js'),
      import('../pipeline/interruption.js'),
    ]);
    const { signal, dispose } = interruption();
    const progress = createProgress({ signal });
    const log = { info: (message: string) => progress.print(message), warn: (message: string) => progress.print(`warning: ${message}`) };
    try {
      const audit = await auditMetrics(request, { registry: new PluginRegistry(generatedPlugins), log, progress, signal });
      const out = given.get('out');
      if (out !== undefined) {
        const { writeAudit } = await import('../audit/write-audit.js');
        log.info(`page: ${await writeAudit(resolve(out), audit)}`);
      }
      if (flags.has('json')) console.log(JSON.stringify(audit, null, 1));
      else {
        const { auditAsText } = await import('../audit/audit-as-text.js');
        console.log(auditAsText(audit, Math.min(process.stdout.columns ?? 140, 160)));
      }
      return 0;
    } finally {
      progress.close();
      dispose();
    }
  },
};
