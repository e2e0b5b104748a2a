import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { obtainWheel } from './obtain-wheel.js';
import { findPython } from './python-program.js';
import { startFakeIndex, type FakeIndex } from './testing/fake-index.js';
import { faultOf } from '../faults/testing/fault-of.js';
import { pinOf, wheelBytes } from './testing/zip-bytes.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-obtain-'));
const saved = { ...process.env };
const testWithPip = (await findPython())?.hasPip ? test : test.skip;
const bytes = wheelBytes([
  { name: 'fake/a.bin', data: Buffer.from('content') },
  { name: 'fake-1.0.dist-info/METADATA', data: Buffer.from('Metadata-Version: 2.1\nName: fake\nVersion: 1.0\n') },
  {
    name: 'fake-1.0.dist-info/WHEEL',
    data: Buffer.from('Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
  },
]);
const pin = pinOf(bytes);
let index: FakeIndex;

/** An index whose files only pip gets, as behind a proxy that fetch does not know. */
test.before.each(async () => {
  index = await startFakeIndex({
    files: { [pin.file]: bytes },
    onFile: (request, response) => !request.headers['user-agent']?.startsWith('pip/') && Boolean(response.destroy()),
  });
  process.env = { ...saved, PIP_INDEX_URL: index.url, PIP_NO_CACHE_DIR: '1', PIP_CONFIG_FILE: '/dev/null' };
});
test.after.each(() => index.close());
test.after(() => {
  process.env = saved;
  rmSync(folder, { recursive: true });
});

testWithPip('where fetch does not get through, pip does', async () => {
  assert.ok(readFileSync(await obtainWheel(index, pin, folder, { pauseMs: 1 })).equals(bytes));
});

testWithPip('what pip brings must be what was pinned, too', async () => {
  const fault = await faultOf(obtainWheel(index, { ...pin, sha256: '0'.repeat(64) }, folder, { pauseMs: 1 }));
  assert.match(fault.message, /downloaded by pip, is not what was pinned/);
});

test('where neither gets through, the fault is that of the direct way', async () => {
  process.env['PATH'] = folder;
  assert.match((await faultOf(obtainWheel(index, pin, folder, { pauseMs: 1 }))).message, /cannot be downloaded from 127\.0\.0\.1/);
});

test.run();
