import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { packageRoot } from '../paths.js';

const test = suite<{ folder: string }>();

test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'mienlab-cli-'));
  mkdirSync(join(context.folder, 'conf/net'), { recursive: true });
  writeFileSync(
    join(context.folder, 'conf/config.yaml'),
    'defaults:\n  - net: a\n  - _self_\nseed: 0\nscale: 2.0\nlist: [a b, {k: "1"}, [], {}]\n"odd: key": "yes"\nref: ${seed}\n',
  );
  writeFileSync(join(context.folder, 'conf/net/a.yaml'), 'name: a\n');
  writeFileSync(join(context.folder, 'conf/net/b.yaml'), 'name: b\n');
});
test.after(({ folder }) => rmSync(folder, { recursive: true }));

/** Runs the whole program in the folder. */
function mienlab(folder: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(packageRoot, 'bin/mienlab.js'), 'compose', ...args], { cwd: folder, encoding: 'utf8' });
}

const plain = { net: { name: 'a' }, seed: 0, scale: 2, list: ['a b', { k: '1' }, [], {}], 'odd: key': 'yes', ref: 0 };

test('JSON and YAML hold the same values; floats keep their point', ({ folder }) => {
  const json = mienlab(folder, '--config-dir', 'conf', 'config', '--json');
  assert.equal([json.status, json.stderr, JSON.parse(json.stdout)], [0, '', plain]);
  assert.match(json.stdout, '"scale": 2.0');
  const yaml = mienlab(folder, '--config-dir=conf');
  assert.equal(parse(yaml.stdout), plain);
});

test('origins behind the values', ({ folder }) => {
  const yaml = mienlab(folder, '--config-dir', 'conf', '--origins', 'seed=5');
  assert.match(yaml.stdout, '  name: a  # conf/net/a.yaml:1:7\n');
  assert.match(yaml.stdout, 'seed: 5  # command line, argument 4\n');
  const { config, choices, origins } = JSON.parse(mienlab(folder, '--config-dir', 'conf', '--origins', '--json').stdout) as Record<
    string,
    Record<string, unknown>
  >;
  assert.equal([config, choices, origins!['list.1.k']], [plain, { net: 'a' }, 'conf/config.yaml:6:17']);
});

test('one config for each job', ({ folder }) => {
  const jobs = JSON.parse(
    mienlab(folder, '--config-dir', 'conf', 'config', 'net=glob(*)', 'seed=1', '--multirun', '--json').stdout,
  ) as unknown;
  assert.equal(
    jobs,
    ['a', 'b'].map((name) => ({ overrides: [`net=${name}`, 'seed=1'], config: { ...plain, net: { name }, seed: 1, ref: 1 } })),
  );
});

test('faults on stderr, exit code 2, nothing on stdout', ({ folder }) => {
  const wrong = mienlab(folder, '--config-dir', 'conf', 'config', 'seeed=1', 'net=b', 'x=(');
  assert.equal([wrong.status, wrong.stdout], [2, '']);
  assert.match(wrong.stderr, 'command line, argument 4  CONFIG_UNKNOWN_KEY');
  assert.match(wrong.stderr, 'there is no key "seeed"; the nearest is "seed"');
  assert.match(wrong.stderr, 'to add it, write +seeed=1');
  for (const args of [[], ['--config-dir'], ['--config-dir', 'nowhere'], ['--jsn', 'x'], ['nowhere'], ['--config-dir', 'conf', 'a=1,2']]) {
    assert.is(mienlab(folder, ...args).status, 2, args.join(' '));
  }
});

test.run();
