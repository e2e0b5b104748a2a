import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, FaultList } from '../faults/index.js';
import { packageRoot } from '../paths.js';
import { composeConfig } from './compose-config.js';
import { type ConfigSource, FolderSource } from './config-source.js';
import { expandSweep } from './expand-sweep.js';
import { MemorySource } from './memory-source.js';
import { printJson } from './print-config.js';

type Tree = Record<string, unknown>;

interface Case {
  name: string;
  overrides: string[];
  multirun?: boolean;
  env?: Record<string, string>;
  config?: Tree;
  unresolved?: Tree;
  choices?: Tree;
  jobs?: string[][];
  error?: true;
}

function composed(
  source: ConfigSource,
  name: string,
  overrides: string[],
  env: Record<string, string> = {},
): { config: Tree; unresolved: Tree; choices: Tree } {
  const { tree, unresolvedTree, choices } = composeConfig({ configDirs: [source], name, overrides, env });
  return { config: JSON.parse(printJson(tree)) as Tree, unresolved: JSON.parse(printJson(unresolvedTree)) as Tree, choices };
}

/** Undoes the shortening of tools/hydra-reference.py. */
function whole(base: Tree, changes: Tree): Tree {
  const { gone, ...changed } = changes;
  const all: Tree = { ...base, ...changed };
  for (const key of (gone as string[] | undefined) ?? []) delete all[key];
  return all;
}

function isFault(error: unknown): boolean {
  if (!(error instanceof Fault || error instanceof FaultList)) throw error;
  return error.exitCode === 2;
}

const reference = JSON.parse(readFileSync(join(packageRoot, 'tests/data/hydra-reference.json'), 'utf8')) as {
  files: Record<string, string>;
  cases: Case[];
};
const source = new MemorySource(reference.files);
const bases = new Map(reference.cases.filter((each) => each.overrides.length === 0 && each.config).map((each) => [each.name, each]));
// In Python 1 and true are the same key of a dict.
const oneKey = '{1: a, true: b, 1.5: c}';

for (const each of reference.cases.filter(({ overrides }) => !overrides[0]?.includes(oneKey))) {
  test(`as Hydra: ${each.name} ${each.overrides.join(' ')}${each.multirun ? ' (multirun)' : ''}`, () => {
    const { name, overrides, env } = each;
    if (each.error) {
      const run = () =>
        each.multirun ? expandSweep(overrides, [source]).map((job) => composed(source, name, job)) : composed(source, name, overrides, env);
      assert.throws(run, isFault);
    } else if (each.jobs) {
      assert.equal(expandSweep(overrides, [source]), each.jobs);
    } else {
      const actual = composed(source, name, overrides, env);
      const base = bases.get(name) ?? each;
      const plain = base === each;
      assert.equal(actual.config, plain ? each.config : whole(base.config!, each.config!));
      assert.equal(actual.unresolved, plain ? each.unresolved : whole(base.unresolved!, each.unresolved ?? each.config!));
      assert.equal(actual.choices, plain ? each.choices : whole(base.choices!, each.choices!));
    }
  });
}

interface Golden {
  config_name: string;
  overrides: string[];
  multirun: boolean;
  env?: Record<string, string>;
  config?: Tree;
  unresolved?: Tree;
  choices?: Tree;
  jobs?: { overrides: string[]; config: Tree; choices: Tree }[];
  error?: { type: string };
}

const goldens = join(packageRoot, '../shared/goldens/hydra');
if (!existsSync(goldens)) {
  console.log('skipped: the 17 goldens, ../shared/goldens/hydra is not here');
} else {
  const conf = new FolderSource(join(goldens, 'conf'));
  for (const golden of JSON.parse(readFileSync(join(goldens, 'golden.json'), 'utf8')) as Golden[]) {
    test(`golden: ${golden.config_name} ${golden.overrides.join(' ')}`, () => {
      const { config_name: name, overrides, env } = golden;
      if (golden.error) {
        assert.throws(() => composed(conf, name, overrides, env), isFault);
      } else if (golden.jobs) {
        const jobs = expandSweep(overrides, [conf]).map((job) => ({ overrides: job, ...composed(conf, name, job) }));
        assert.equal(
          jobs.map(({ overrides: job, config, choices }) => ({ overrides: job, config, choices })),
          golden.jobs,
        );
      } else {
        assert.equal(composed(conf, name, overrides, env), {
          config: golden.config,
          unresolved: golden.unresolved,
          choices: golden.choices,
        });
      }
    });
  }
}

test.run();
