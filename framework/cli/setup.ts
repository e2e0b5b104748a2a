import { parseArgs } from 'node:util';
import { Fault } from '../faults/index.js';
import { formatBytes, formatSeconds } from '../setup/progress-line.js';
import { runSetup, setupParts, type PartReport } from '../setup/run-setup.js';
import type { Command } from './command.js';

function reportLines({ part, state, detail, bytes, ms, cost, hint }: PartReport): string {
  const first = [
    part.padEnd(14),
    state.padEnd(9),
    formatSeconds(ms).padStart(8),
    (bytes === undefined ? '' : formatBytes(bytes)).padStart(9),
    '  ',
    detail,
  ];
  return [first.join(''), ...[cost, hint].filter(Boolean).map((line) => `${' '.repeat(42)}${line}`)].join('\n');
}

function list(json: boolean): void {
  const rows = setupParts.map((part) => ({
    part: part.name,
    summary: part.summary,
    size: part.size,
    ready: part.present() !== undefined,
    optional: part.optional ?? false,
  }));
  if (json) console.log(JSON.stringify(rows, null, 2));
  else
    for (const { part, ready, optional, summary, size } of rows)
      console.log(`${part.padEnd(14)}${(ready ? 'ready' : optional ? 'optional' : 'missing').padEnd(9)}${summary}; ${size}`);
}

function parse(args: string[]): { list: boolean; only?: string[]; also?: string[]; gpu: boolean; offline: boolean; json: boolean } {
  try {
    const { values } = parseArgs({
      args,
      options: {
        list: { type: 'boolean' },
        only: { type: 'string', multiple: true },
        also: { type: 'string', multiple: true },
        gpu: { type: 'boolean' },
        offline: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    });
    const split = (lists?: string[]) => lists?.flatMap((names) => names.split(',')).filter(Boolean);
    return {
      list: values.list ?? false,
      only: split(values.only),
      also: split(values.also),
      gpu: values.gpu ?? false,
      offline: values.offline ?? false,
      json: values.json ?? false,
    };
  } catch (error) {
    throw new Fault('USAGE', (error as Error).message, { hint: 'mienlab setup --help' });
  }
}

export const command: Command = {
  summary: 'make what is missing: the tensor library, MLflow, ffmpeg',
  help: [
    'mienlab setup [--list] [--only PART[,PART]] [--also PART[,PART]] [--gpu] [--offline] [--json]',
    '',
    'Makes what is missing on this machine, in the cache folder of the user and nowhere else. What is there is left alone.',
    '',
    '  --list      the parts, whether they are there, how large they are; makes nothing',
    '  --only      these parts alone: tensor, mlflow, ffmpeg, or an optional one: smollm2, centerface, onnxruntime,',
    '              human-models, blazeface, webgpu',
    '  --also      these optional parts beside the rest',
    '  --gpu       libtensorflow with CUDA 12 libraries (2.5 GB), also where no NVIDIA driver is seen; it is taken from then on',
    '  --offline   fetch nothing',
    '  --json      the outcome as JSON on standard output',
    '',
    'A skipped part is one that mienlab can do without; it says what that costs. Exit code 3 where a part failed.',
    'docs/setup.md tells where things lie and which environment variables are heeded.',
  ].join('\n'),
  async run(args) {
    const options = parse(args);
    if (options.gpu) process.env['MIENLAB_LIBTENSORFLOW'] = 'cuda';
    if (options.list) {
      list(options.json);
      return 0;
    }
    const stop = new AbortController();
    const onSignal = (): void => stop.abort();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
    const reports = await runSetup({
      only: options.only,
      also: options.also,
      offline: options.offline,
      signal: stop.signal,
      progress: process.stderr,
      onReport: (report) => {
        if (!options.json) console.log(reportLines(report));
      },
    });
    if (options.json)
      console.log(
        JSON.stringify(
          reports.map(({ fault, ...report }) => ({ ...report, code: fault?.code })),
          null,
          2,
        ),
      );
    return Math.max(0, ...reports.map(({ fault }) => fault?.exitCode ?? 0));
  },
};
