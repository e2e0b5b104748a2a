import { appendFileSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cacheKey, canonicalJson, StageCache } from './stage-cache.js';

const fresh = () => mkdtempSync(join(tmpdir(), 'mienlab-cache-'));

test('a key depends on content, not on the order of keys', () => {
  assert.is(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined }), '{"b":[1,{"c":"x","d":null}]}');
  assert.is(cacheKey({ a: 1, b: 2 }), cacheKey({ b: 2, a: 1 }));
  assert.is.not(cacheKey({ a: 1 }), cacheKey({ a: '1' }));
  assert.match(cacheKey({}), /^[0-9a-f]{24}$/);
});

test('records survive a cut last line', () => {
  const cache = new StageCache(fresh(), fresh(), 'use');
  cache.records<number>('detect', 'k').set('a', 1);
  appendFileSync(join(cache.folder('detect', 'k'), 'records.jsonl'), '{"id":"b","val');
  const again = cache.records<number>('detect', 'k');
  assert.is(again.get('a'), 1);
  assert.is(again.get('b'), undefined);
  again.set('c', 3);
  assert.is(cache.records<number>('detect', 'k').get('c'), 3);
});

test('blobs come back byte for byte and leave nothing aside', async () => {
  const cache = new StageCache(fresh(), fresh(), 'use');
  const blobs = cache.blobs('crop', 'k', 3);
  assert.not(blobs.has('a'));
  blobs.write('a', Uint8Array.of(1, 2, 250));
  assert.equal([...(await blobs.read('a'))], [1, 2, 250]);
  assert.equal(readdirSync(cache.folder('crop', 'k')), ['a']);
});

test('refresh forgets once, off leaves nothing', () => {
  const folder = fresh();
  new StageCache(folder, fresh(), 'use').records<number>('s', 'k').set('a', 1);
  const refreshed = new StageCache(folder, fresh(), 'refresh');
  assert.is(refreshed.records<number>('s', 'k').get('a'), undefined);
  refreshed.records<number>('s', 'k').set('b', 2);
  assert.is(refreshed.records<number>('s', 'k').get('b'), 2);
  const scratch = fresh();
  const off = new StageCache(folder, scratch, 'off');
  assert.is(off.records<number>('s', 'k').get('b'), undefined);
  off.close();
  assert.throws(() => readdirSync(scratch), /ENOENT/);
});

test.run();
