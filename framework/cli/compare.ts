import { resolve } from 'node:path';
import { Fault } from '../faults/index.js';
import { besidePublished } from '../published/beside-published.js';
import { readOwnRows } from '../published/own-rows.js';
import { readPublished } from '../published/published-table.js';
import type { Command } from './command.js';
import { parseArguments } from './parse-arguments.js';

export const command: Command = {
  summary: 'own scores beside the published rows of FEC-Bench',
  help: `mienlab compare --published [RUN|SCORES.json ...] [--json]

Shows the rows that others published on FEC-Bench, with their sources and what is not known of them, and above them your own: of the folder
of a finished experiment (or its result.json), or of what "mienlab score --json" printed. Published rows carry the mark (p); docs/published.md
tells why the two cannot simply be compared.

  --json   {own: [...], published: {...}} on standard output`,
  async run(args) {
    const { positionals, flags } = parseArguments(args, { flags: ['published', 'json'] });
    if (!flags.has('published')) {
      throw new Fault('USAGE', 'compare with what?', {
        expected: '--published',
        hint: 'settings of one experiment are compared by "mienlab run"',
      });
    }
    const own = positionals.flatMap((path) => readOwnRows(resolve(path)));
    const published = readPublished();
    if (flags.has('json')) console.log(JSON.stringify({ own, published }, null, 2));
    else console.log(besidePublished(published, own, Math.min(process.stdout.columns ?? 140, 160)));
    return 0;
  },
};
