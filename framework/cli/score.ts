import { basename, relative, resolve } from 'node:path';
import { Fault } from '../faults/index.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import type { ScoreRequest } from '../score/score-captions.js';
import { readCaptionFile } from '../text/captions/caption-file.js';
import { referencesPath } from '../text/captions/named-references.js';
import { pluginOptions, wholeNumber } from './caption-options.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';

const options = ['predictions', 'references', 'metrics', 'judge', 'against', 'cluster', 'resamples', 'seed'] as const;
const flags = ['per-item', 'json', 'allow-missing', 'mlflow', 'no-baselines'] as const;

async function requestOf(
  positionals: readonly string[],
  given: ReadonlyMap<string, string>,
  on: ReadonlySet<string>,
): Promise<ScoreRequest> {
  const [predictions, references] = (['predictions', 'references'] as const).map((name) => {
    const path = given.get(name);
    if (path === undefined) throw new Fault('USAGE', `--${name} is missing`, { hint: 'mienlab score --help' });
    return path;
  }) as [string, string];
  const list = (name: string, otherwise = '') => (given.get(name) ?? otherwise).split(',').filter(Boolean);
  const metrics = [...new Set(list('metrics', 'cider,rouge-l,bleu'))];
  const judge = given.get('judge');
  const settings = await pluginOptions(positionals, judge === undefined ? metrics : [...metrics, judge]);
  const paths = [predictions, ...list('against')];
  const names = paths.map((path) => basename(path));
  // Two files of the same name are told apart by their paths.
  const labels = names.map((name, i) => (names.indexOf(name) === names.lastIndexOf(name) ? name : paths[i]!));
  const [own, ...against] = paths.map((path, i) => ({ label: labels[i]!, entries: readCaptionFile(resolve(path)) }));
  return {
    references: { label: references, entries: readCaptionFile(referencesPath(references, (path) => resolve(path))) },
    predictions: own!,
    against,
    metrics: metrics.map((name) => ({ name, options: settings.get(name)! })),
    judge: judge === undefined ? null : { name: judge, options: settings.get(judge)! },
    allowMissing: on.has('allow-missing'),
    baselines: !on.has('no-baselines'),
    cluster: given.get('cluster'),
    resamples: wholeNumber(given.get('resamples') ?? '2000', 'resamples'),
    seed: wholeNumber(given.get('seed') ?? '0', 'seed'),
  };
}

export const command: Command = {
  summary: 'score captions against references, with intervals and blind baselines',
  help: `mienlab score --predictions FILE --references FILE|fec-bench [--metrics a,b] [METRIC.OPTION=VALUE ...]

Scores captions, from whatever model, beside the blind baselines on the same references. Files hold {"ID": "caption"}, [{"id", "caption"}]
or, ending with .jsonl, one {"id", "caption"} a line; a reference may have a list of captions. docs/scoring.md tells how to read the result.

  --references fec-bench  the benchmark's captions, from the file that MIENLAB_FEC_BENCH names
  --metrics a,b           default cider,rouge-l,bleu; "mienlab plugins metric" lists them
  --judge NAME            who reads events for metrics that need a judge
  --against FILE,...      other systems' captions: paired tests against each
  --allow-missing         leave out items that one side lacks, and say which; without it they are a fault
  --cluster FIELD         clips with the same FIELD of the references are drawn together (default: person or video, where clips share
                          one); none for none
  --no-baselines          without them (with a judge they cost as much as the captions)
  --resamples N           of the bootstrap and of the permutation test, default 2000; 0 for none
  --seed N                of all that is drawn, default 0
  --per-item              the values of every item, too
  --json                  {metrics: {NAME: {value, interval, n, ...}}, items: {ID: {NAME: value}}, ...} on standard output
  --mlflow                log it as a run of the experiment mienlab/score

Exit code 1 where a file is broken or its ids do not fit.`,
  async run(args) {
    const { positionals, flags: on, options: given } = parseArguments(args, { flags, options });
    const request = await requestOf(positionals, given, on);
    const [{ scoreCaptions }, { createProgress }, { interruption }] = await Promise.all([
      import('../score/score-captions.js'),
      import('../progress/create-progress.js'),
      import('../pipeline/interruption.js'),
    ]);
    const { signal, dispose } = interruption();
    const progress = createProgress({ signal });
    const log = { info: (message: string) => progress.print(message), warn: (message: string) => progress.print(`warning: ${message}`) };
    try {
      const scores = await scoreCaptions(request, { registry: new PluginRegistry(generatedPlugins), log, progress, signal });
      if (on.has('json')) {
        const { scoresAsJson } = await import('../score/scores-as-json.js');
        console.log(JSON.stringify(scoresAsJson(scores, request), null, 2));
      } else {
        const { scoresAsText } = await import('../score/scores-as-text.js');
        console.log(scoresAsText(scores, { width: Math.min(process.stdout.columns ?? 140, 160), perItem: on.has('per-item') }));
      }
      if (on.has('mlflow')) {
        const { logScores } = await import('../score/log-scores.js');
        const { folder, page } = await logScores(scores, request, log.warn);
        log.info(page ? `MLflow: ${page}` : `MLflow has it not yet; npx mienlab sync ${relative('.', folder)} brings it over`);
      }
      return 0;
    } finally {
      progress.close();
      dispose();
    }
  },
};
