import { statSync } from 'node:fs';
import { type ComposedConfig, composeConfig } from '../config/compose-config.js';
import { composeExperiment, findExperiment } from '../config/compose-experiment.js';
import { FolderSource } from '../config/config-source.js';
import { expandSweep } from '../config/expand-sweep.js';
import { commandLineArgument, type SourceText } from '../config/origin.js';
import { originsOf, printJson, printYaml } from '../config/print-config.js';
import { Fault, nearest } from '../faults/index.js';
import type { Command } from './command.js';

interface Arguments {
  name: string | undefined;
  overrides: SourceText[];
  json: boolean;
  multirun: boolean;
  origins: boolean;
  configDir: string | undefined;
}

const flags = ['--json', '--multirun', '-m', '--origins', '--config-dir', '--help'];

function parseArguments(args: readonly string[]): Arguments {
  const parsed: Arguments = { name: undefined, overrides: [], json: false, multirun: false, origins: false, configDir: undefined };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (arg === '--json') parsed.json = true;
    else if (arg === '--multirun' || arg === '-m') parsed.multirun = true;
    else if (arg === '--origins') parsed.origins = true;
    else if (arg === '--config-dir') parsed.configDir = folderAfter(args[++index]);
    else if (arg.startsWith('--config-dir=')) parsed.configDir = folderAfter(arg.slice('--config-dir='.length));
    else if (arg.startsWith('-')) throw new Fault('USAGE', `there is no flag ${arg}`, { nearest: nearest(arg, flags), known: flags });
    else if (parsed.name === undefined && parsed.overrides.length === 0 && !/^[+~]|=/.test(arg)) parsed.name = arg;
    else parsed.overrides.push(commandLineArgument(arg, index + 1));
  }
  return parsed;
}

function folderAfter(folder: string | undefined): string {
  if (!folder) throw new Fault('USAGE', '--config-dir needs a folder');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Fault('CONFIG_NOT_FOUND', `there is no folder ${folder}`);
  return folder;
}

interface Result {
  overrides: readonly string[];
  composed: ComposedConfig;
}

function compose({ name, overrides, multirun, configDir }: Arguments): Result[] {
  if (configDir === undefined) {
    if (name === undefined)
      throw new Fault('USAGE', 'name an experiment, or a folder with --config-dir', { hint: 'mienlab compose --help' });
    if (multirun) return [...composeExperiment(name, overrides).jobs];
    const composed = composeConfig({ ...findExperiment(name), overrides, global: true });
    return [{ overrides: overrides.map((override) => override.text), composed }];
  }
  const configDirs = [new FolderSource(configDir)];
  const primary = { configDirs, name: name ?? 'config' };
  if (!multirun) return [{ overrides: [], composed: composeConfig({ ...primary, overrides }) }];
  return expandSweep(overrides, configDirs).map((job) => ({ overrides: job, composed: composeConfig({ ...primary, overrides: job }) }));
}

function jsonOf({ composed }: Result, origins: boolean): string {
  if (!origins) return printJson(composed.tree);
  return `{"config": ${printJson(composed.tree)},\n"choices": ${JSON.stringify(composed.choices)},\n"origins": ${JSON.stringify(originsOf(composed.tree), null, 2)}}`;
}

function textOf(args: Arguments, results: readonly Result[]): string {
  const [first] = results;
  if (!args.multirun) return args.json ? `${jsonOf(first!, args.origins)}\n` : printYaml(first!.composed.tree, args.origins);
  if (!args.json)
    return results.map(({ overrides, composed }) => `# ${overrides.join(' ')}\n${printYaml(composed.tree, args.origins)}`).join('---\n');
  const jobs = results.map(
    (result) =>
      `{"overrides": ${JSON.stringify(result.overrides)},\n"config": ${args.origins ? jsonOf(result, true) : printJson(result.composed.tree)}}`,
  );
  return `[${jobs.join(',\n')}]\n`;
}

export const command: Command = {
  summary: 'print the config that an experiment and its overrides make',
  help: `mienlab compose [FILE|NAME] [override ...] [--json] [--multirun] [--origins] [--config-dir DIR]

Composes a config as "mienlab run" does, and prints it with its interpolations resolved.
FILE is an experiment's YAML, NAME one in ./experiments or of mienlab's own.

Overrides (Hydra's grammar):
  key=value  +key=value  ++key=value  ~key     change, add, either, delete
  group=option  group@package=option  +group=option  ~group
  With --multirun also sweeps: key=a,b  choice(a,b)  range(0,3)  glob(*)

  --json            JSON instead of YAML
  --multirun, -m    one config per job of the sweep (of the sweep block too, where there is one);
                    as JSON an array of {overrides, config}
  --origins         where each value was written, as file:line:column: in YAML behind the value,
                    in JSON as {config, choices, origins}
  --config-dir DIR  search this folder only; NAME is a config in it ("config" where none is given)

Faults go to stderr, with exit code 2.`,
  async run(args) {
    const parsed = parseArguments(args);
    const results = compose(parsed);
    for (const warning of new Set(results.flatMap(({ composed }) => composed.warnings))) process.stderr.write(`warning: ${warning}\n`);
    process.stdout.write(textOf(parsed, results));
    return 0;
  },
};
