import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findPackageIndex, splitCredentials } from './package-index.js';
import { findPython } from './python-program.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-index-'));
const saved = { ...process.env };
const testWithPip = (await findPython())?.hasPip ? test : test.skip;

test.before.each(() => {
  process.env = { ...saved };
  delete process.env['PIP_INDEX_URL'];
});
test.after(() => {
  process.env = saved;
  rmSync(folder, { recursive: true });
});

test('PIP_INDEX_URL goes before all else', async () => {
  process.env['PIP_INDEX_URL'] = 'http://127.0.0.1:1/simple';
  assert.equal(await findPackageIndex(), { url: 'http://127.0.0.1:1/simple', from: 'PIP_INDEX_URL' });
});

testWithPip("without it, pip's configuration is asked", async () => {
  process.env['PIP_CONFIG_FILE'] = join(folder, 'pip.conf');
  writeFileSync(process.env['PIP_CONFIG_FILE'], '[global]\nindex-url = http://127.0.0.1:2/simple\n');
  assert.equal(await findPackageIndex(), { url: 'http://127.0.0.1:2/simple', from: 'pip' });
});

testWithPip("without any configuration, pip's own default is taken", async () => {
  process.env['PIP_CONFIG_FILE'] = '/dev/null';
  const index = await findPackageIndex();
  assert.is(index?.from, 'pip');
  assert.match(index?.url ?? '', /^https:\/\//);
});

test('without Python there is none', async () => {
  process.env['PATH'] = folder;
  assert.is(await findPackageIndex(), undefined);
});

test('credentials are split off an address', () => {
  const { url, headers } = splitCredentials('https://me:p%40ss@example.org/simple/');
  assert.is(url.href, 'https://example.org/simple/');
  assert.is(headers['authorization'], `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  assert.equal(splitCredentials('https://example.org/').headers, {});
});

test.run();
