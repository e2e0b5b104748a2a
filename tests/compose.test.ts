import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../framework/paths.js';
import { freshFolder, mienlab } from './mienlab.js';

interface Golden {
  config_name: string;
  overrides: string[];
  multirun: boolean;
  env?: Record<string, string>;
  config?: unknown;
  jobs?: { overrides: string[]; config: unknown }[];
  error?: { message: string };
}

const goldens = resolve(packageRoot, '../shared/goldens/hydra');
const withGoldens = existsSync(goldens) ? test : test.skip;
if (!existsSync(goldens)) console.log('skipped: the reference values of Hydra are not there (../shared/goldens/hydra)');
const cases = existsSync(goldens) ? (JSON.parse(readFileSync(join(goldens, 'golden.json'), 'utf8')) as Golden[]) : [];

withGoldens('mienlab compose prints what Hydra composes, its errors in meaning', async () => {
  for (const { config_name: name, overrides, multirun, env, config, jobs, error } of cases) {
    const args = ['compose', '--config-dir', join(goldens, 'conf'), name, ...overrides, '--json', ...(multirun ? ['--multirun'] : [])];
    const { code, stdout, stderr } = await mienlab(args, freshFolder(), { HOME_X: undefined, ...env });
    const what = `${name} ${overrides.join(' ')}`;
    if (error) {
      assert.is(code, 2, what);
      // What the error is about: the group, option or key in quotes.
      const about = /'(?:model\/)?(\w+)'\.?\s/.exec(error.message)?.[1] ?? '';
      assert.ok(stderr.includes(about), `${what}: ${stderr}`);
      assert.is(stdout, '', what);
    } else {
      assert.is(code, 0, `${what}: ${stderr}`);
      assert.equal(JSON.parse(stdout), multirun ? jobs!.map(({ overrides, config }) => ({ overrides, config })) : config, what);
    }
  }
});

test('an experiment of the package composes with the places of its values', async () => {
  const { code, stdout } = await mienlab(['compose', 'quickstart', 'train.epochs=2', '--origins'], freshFolder());
  assert.is(code, 0);
  assert.match(stdout, /epochs: 2 +# command line, argument 2/);
  assert.match(stdout, /name: quickstart +# .*experiments\/quickstart\.yaml:\d+:\d+/);
});

test.run();
