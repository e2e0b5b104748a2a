import { Fault, nearest } from '../faults/index.js';
import { checkJudge } from '../judging/check-judge.js';
import { judgeCheckText } from '../judging/judge-check-text.js';
import { openJudge } from '../judging/open-judge.js';
import { judgePrompts, promptsHash, promptsVersion } from '../plugin/judging/judge-prompts.js';
import { PluginRegistry } from '../plugin/plugin-registry.js';
import { generatedPlugins } from '../plugin/registry.generated.js';
import { createProgress } from '../progress/create-progress.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';

function prompts(json: boolean): string {
  const head = { version: promptsVersion, hash: promptsHash };
  if (json) return JSON.stringify({ ...head, prompts: judgePrompts }, null, 2);
  const parts = Object.entries(judgePrompts).map(([name, { system, user, schema }]) =>
    [`== ${name}`, `system: ${system}`, `user: ${user}`, `answer: ${JSON.stringify(schema)}`].join('\n'),
  );
  return [`prompts ${head.version}, hash ${head.hash}`, ...parts].join('\n\n');
}

function captionsOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(given)) throw new Fault('USAGE', `--captions is "${given}"`, { expected: 'a whole number above 0' });
  return Number(given);
}

async function check(name: string, overrides: readonly string[], captions: number | undefined, json: boolean): Promise<number> {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort(new Fault('INTERRUPTED', 'interrupted'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const { signal } = interrupt;
  const progress = createProgress({ signal });
  const log = { info: (message: string) => progress.print(message), warn: (message: string) => progress.print(`warning: ${message}`) };
  try {
    const registry = new PluginRegistry(generatedPlugins);
    const judge = await openJudge({ registry, name, overrides, grammar: null, log, progress, signal });
    try {
      const result = await checkJudge(judge, { progress, signal, captions });
      console.log(json ? JSON.stringify(result, null, 2) : judgeCheckText(result));
      return result.aboveChance ? 0 : 1;
    } finally {
      await judge.dispose();
    }
  } finally {
    progress.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

export const command: Command = {
  summary: 'measure a judge on labelled pairs; print the prompts',
  help: `mienlab judge check [--judge NAME] [--captions N] [--json] [judge.OPTION=VALUE ...]
mienlab judge prompts [--json]

check runs a judge over the labelled pairs of event and caption that mienlab ships (entailed, left open, contradicted: sides swapped,
directions reversed, negated, order changed, another person, opposite emotion), and tells its accuracy by sort and Cohen's kappa, with
95 % intervals (docs/judges.md). prompts prints what judges by prompts ask, with version and hash.

  --judge NAME    rules (the default), openai, local-gguf, recorded
  --captions N    only the pairs of the first N captions
  --json          the same as JSON on standard output

Exit code 1 where the judge is no better than chance.`,
  async run(args) {
    const { positionals, flags, options } = parseArguments(args, { flags: ['json'], options: ['judge', 'captions'] });
    const [what, ...overrides] = positionals;
    const json = flags.has('json');
    if (what === 'prompts' && overrides.length === 0) {
      console.log(prompts(json));
      return 0;
    }
    if (what === 'check') return check(options.get('judge') ?? 'rules', overrides, captionsOf(options.get('captions')), json);
    throw new Fault('USAGE', `there is nothing about judges called "${[what, ...overrides].join(' ').trim()}"`, {
      nearest: nearest(what ?? '', ['check', 'prompts']),
      hint: 'mienlab judge check, or mienlab judge prompts',
    });
  },
};
