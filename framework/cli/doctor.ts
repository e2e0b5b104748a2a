import { parseArgs } from 'node:util';
import { Fault } from '../faults/index.js';
import { runDoctor, type Check } from '../setup/run-doctor.js';
import type { Command } from './command.js';

function asLines({ name, state, detail, hint }: Check): string {
  return [`${name.padEnd(10)}${state.padEnd(9)}${detail}`, ...(hint ? [`${' '.repeat(19)}${hint}`] : [])].join('\n');
}

function wantsJson(args: string[]): boolean {
  try {
    return parseArgs({ args, options: { json: { type: 'boolean' } } }).values.json ?? false;
  } catch (error) {
    throw new Fault('USAGE', (error as Error).message, { hint: 'mienlab doctor --help' });
  }
}

export const command: Command = {
  summary: 'look at this machine: what is there, what is missing, what to do',
  help: [
    'mienlab doctor [--json]',
    '',
    'Shows what mienlab finds on this machine and which tensor backend it would choose, with the reason. Changes nothing.',
    'Each line is ok, warning (works, but you should know) or missing, with what to do.',
    'Exit code 3 where something is missing without which no experiment runs, else 0.',
    '',
    '  --json      the same as a JSON array on standard output',
  ].join('\n'),
  async run(args) {
    const json = wantsJson(args);
    const checks = await runDoctor();
    console.log(json ? JSON.stringify(checks, null, 2) : checks.map(asLines).join('\n'));
    return checks.some(({ state, required }) => required && state === 'missing') ? 3 : 0;
  },
};
