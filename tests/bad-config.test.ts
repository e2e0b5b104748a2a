import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freshFolder, mienlab, quickstart } from './mienlab.js';

interface Case {
  what: string;
  overrides: string[];
  code: string;
  says: RegExp;
}

const cases: Case[] = [
  { what: 'an unknown key', overrides: ['trian.epochs=2'], code: 'CONFIG_UNKNOWN_KEY', says: /trian/ },
  { what: 'an unknown key added', overrides: ['+train.epoch=2'], code: 'CONFIG_UNKNOWN_KEY', says: /the nearest is "epochs"/ },
  { what: 'a wrong type', overrides: ['train.epochs=many'], code: 'CONFIG_VALUE', says: /must be a number of at least 0/ },
  {
    what: 'a wrong type of a plugin’s option',
    overrides: ['encoder.patch=big'],
    code: 'CONFIG_TYPE',
    says: /"encoder\.patch" must be integer/,
  },
  { what: 'an unknown plugin', overrides: ['tracker=facetrak'], code: 'PLUGIN_UNKNOWN', says: /the nearest is "facetrack"/ },
  { what: 'a missing required value', overrides: ['data=folder'], code: 'CONFIG_MISSING', says: /data\.path/ },
  { what: 'ports that do not fit', overrides: ['encoder.patch=7'], code: 'PORT_MISMATCH', says: /multiple of patch/ },
  { what: 'a context that is too short', overrides: ['llm-head.context-length=64'], code: 'PORT_MISMATCH', says: /visual tokens/ },
  { what: 'a cycle of interpolations', overrides: ['name=${title}', 'title=${name}'], code: 'CONFIG_CYCLE', says: /name/ },
  { what: 'an override that cannot be parsed', overrides: ['name=[1,'], code: 'OVERRIDE_SYNTAX', says: /argument 2/ },
];

for (const { what, overrides, code, says } of cases) {
  test(`${what}: a fault with its place, exit code 2, nothing started`, async () => {
    const folder = freshFolder();
    const { code: exit, stderr, stdout } = await mienlab(['run', quickstart, ...overrides], folder);
    assert.is(exit, 2, stderr);
    assert.match(stderr, code);
    assert.match(stderr, says);
    assert.match(stderr, /(:\d+:\d+|command line, argument \d+) {2}[A-Z_]+/);
    assert.is(stdout, '');
    assert.not(existsSync(join(folder, '.mienlab')));
  });
}

test('all faults of a config are shown together', async () => {
  const { code, stderr } = await mienlab(
    ['validate', quickstart, 'train.epochs=-1', 'encoder.patch=x', 'metrics.cider.n=0', 'cache=maybe'],
    freshFolder(),
  );
  assert.is(code, 2);
  for (const said of ['"train.epochs"', '"cache"']) assert.ok(stderr.includes(said), stderr);
});

const files: { what: string; text: string; code: string; place: RegExp }[] = [
  { what: 'malformed YAML', text: 'name: [a\ntitle: b\n', code: 'CONFIG_SYNTAX', place: /bad\.yaml:\d+:\d+/ },
  {
    what: 'an alias bomb',
    text: `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`).join('\n')}\n`,
    code: 'CONFIG_TOO_LARGE',
    place: /bad\.yaml/,
  },
  { what: 'a cycle of defaults', text: 'defaults: [other, _self_]\n', code: 'CONFIG_CYCLE', place: /\.yaml:1:\d+/ },
];

for (const { what, text, code, place } of files) {
  test(`${what} in an experiment file`, async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'experiments'));
    writeFileSync(join(folder, 'experiments/bad.yaml'), text);
    writeFileSync(join(folder, 'experiments/other.yaml'), 'defaults: [bad, _self_]\n');
    const { code: exit, stderr } = await mienlab(['run', 'experiments/bad.yaml'], folder);
    assert.is(exit, 2, stderr);
    assert.match(stderr, code);
    assert.match(stderr, place);
  });
}

test.run();
