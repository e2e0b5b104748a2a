import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fetchWheel } from './fetch-wheel.js';
import { startFakeIndex, type FakeIndex, type FakeIndexOptions } from './testing/fake-index.js';
import { faultOf } from '../faults/testing/fault-of.js';
import { pinOf, wheelBytes } from './testing/zip-bytes.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-fetch-'));
const bytes = wheelBytes([
  { name: 'fake/a.bin', data: Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251)), stored: true },
]);
const pin = pinOf(bytes);
const open: FakeIndex[] = [];

async function index(options: Partial<FakeIndexOptions> = {}): Promise<FakeIndex> {
  const started = await startFakeIndex({ files: { [pin.file]: bytes }, ...options });
  open.push(started);
  return started;
}

test.after.each(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
test.after(() => rmSync(folder, { recursive: true }));

test('a wheel comes whole from a JSON index and from an HTML one', async () => {
  for (const html of [false, true]) {
    const seen: number[] = [];
    const path = await fetchWheel(await index({ html }), pin, folder, { onBytes: (done) => seen.push(done) });
    assert.ok(readFileSync(path).equals(bytes));
    assert.is(seen.at(-1), bytes.length);
  }
});

test('a connection that breaks is taken up where it broke', async () => {
  const started = await index({
    onFile: (_request, response, count) => {
      if (count > 1) return false;
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
      return true;
    },
  });
  const path = await fetchWheel(started, pin, folder, { pauseMs: 1 });
  assert.ok(readFileSync(path).equals(bytes));
  assert.match(started.asked.at(-1)!, /bytes=100000-$/);
});

test('a server that cannot resume is asked for all of it again', async () => {
  const started = await index({
    onFile: (_request, response, count) => {
      response.writeHead(200, { 'content-length': bytes.length });
      if (count > 1) response.end(bytes);
      else response.write(bytes.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
      return true;
    },
  });
  assert.ok(readFileSync(await fetchWheel(started, pin, folder, { pauseMs: 1 })).equals(bytes));
});

test('other content than was pinned is a fault that names both sums', async () => {
  const altered = Buffer.from(bytes);
  altered[1000] = altered[1000]! ^ 1;
  const fault = await faultOf(fetchWheel(await index({ files: { [pin.file]: altered } }), pin, folder));
  assert.is(fault.code, 'SETUP_FAILED');
  assert.match(fault.message, new RegExp(pinOf(altered).sha256));
  assert.is(fault.details.expected, pin.sha256);
  assert.equal(readdirSync(folder), []);
});

test('longer content, a missing file, and a refusal are faults at once', async () => {
  const longer = await index({ files: { [pin.file]: Buffer.concat([bytes, bytes]) } });
  assert.match((await faultOf(fetchWheel(longer, pin, folder))).message, /longer than it should be/);
  assert.match((await faultOf(fetchWheel(await index({ files: {} }), pin, folder))).message, /does not have fake-1\.0/);
  const refusing = await index({ onFile: (_request, response) => Boolean(response.writeHead(403).end()) });
  assert.match((await faultOf(fetchWheel(refusing, pin, folder))).message, /answers 403/);
  assert.is(refusing.asked.length, 2);
});

test('a server in trouble is asked four times', async () => {
  const started = await index({ onFile: (_request, response) => Boolean(response.writeHead(503).end()) });
  assert.match(
    (await faultOf(fetchWheel(started, pin, folder, { pauseMs: 1 }))).message,
    /cannot be downloaded from 127\.0\.0\.1:\d+: .*answers 503/,
  );
  assert.is(started.asked.length, 5);
});

test('an index that is not there is a fault without a word of credentials', async () => {
  const started = await index();
  await started.close();
  const url = started.url.replace('//', '//me:secret@');
  const fault = await faultOf(fetchWheel({ url, from: 'the test' }, pin, folder));
  assert.match(fault.message, /cannot be reached: .*ECONNREFUSED/);
  assert.not.match(fault.message, /secret/);
});

test('credentials in the address go to the index and its files as a header', async () => {
  const started = await index();
  await fetchWheel({ url: started.url.replace('//', '//me:s%40crit@'), from: 'the test' }, pin, folder);
  const header = `Basic ${Buffer.from('me:s@crit').toString('base64')}`;
  assert.equal(
    started.asked.map((one) => one.endsWith(header)),
    [true, true],
  );
});

test('an abort ends it', async () => {
  const stop = new AbortController();
  const started = await index({
    onFile: (_request, response) => {
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 10));
      setTimeout(() => stop.abort(), 20);
      return true;
    },
  });
  try {
    await fetchWheel(started, pin, folder, { signal: stop.signal });
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).name, 'AbortError');
  }
});

test.run();
