import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../framework/paths.js';
import { mienlab } from './mienlab.js';

interface Golden {
  config_name: string;
  overrides: string[];
  multirun: boolean;
  env?: Record<string, string>;
  config?: unknown;
  jobs?: { overrides: string[]; config: unknown }[];
  error?: { type: string };
}

const goldens = join(packageRoot, '../shared/goldens/hydra');
const conf = join(goldens, 'conf');

/** The whole program, as a user runs it. */
async function compose({ config_name, overrides, multirun, env }: Golden) {
  const flags = ['--config-dir', conf, config_name, ...overrides, '--json', ...(multirun ? ['--multirun'] : [])];
  return mienlab(['compose', ...flags], packageRoot, { HOME_X: undefined, ...env });
}

if (!existsSync(goldens)) {
  console.log('skipped: the goldens of composition, ../shared/goldens/hydra is not here');
  test.skip('goldens of composition', () => undefined);
} else {
  for (const golden of JSON.parse(readFileSync(join(goldens, 'golden.json'), 'utf8')) as Golden[]) {
    test(`golden: ${golden.config_name} ${golden.overrides.join(' ')}${golden.multirun ? ' --multirun' : ''}`, async () => {
      const { code, stdout, stderr } = await compose(golden);
      if (golden.error) {
        assert.equal([code, stdout], [2, '']);
        assert.match(stderr, /^\S.* {2}[A-Z_]+\n/);
      } else {
        const expected = golden.jobs?.map(({ overrides, config }) => ({ overrides, config })) ?? golden.config;
        assert.equal([code, stderr], [0, '']);
        assert.equal(JSON.parse(stdout), expected);
      }
    });
  }
}

test.run();
