import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { weightsIdentity } from './weights-identity.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-identity-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'shards'));
const config = join(folder, 'config.json');
const shard = join(folder, 'shards', 'one.safetensors');
writeFileSync(config, '{}');
writeFileSync(shard, 'weights');

test('size and time of change of every file under a path stand for its bytes', () => {
  const first = weightsIdentity({ path: folder, lora: { rank: 8 } });
  assert.is(first.length, 2);
  assert.ok(first[0]!.startsWith(`${config}:2:`));
  assert.ok(first[1]!.startsWith(`${shard}:7:`));
  assert.equal(weightsIdentity({ other: [{ deep: folder }] }), first);
  utimesSync(shard, 1, 1);
  const touched = weightsIdentity({ path: folder });
  assert.is(touched[0], first[0]);
  assert.is(touched[1], `${shard}:7:1000`);
  writeFileSync(shard, 'other weights');
  utimesSync(shard, 1, 1);
  assert.is(weightsIdentity(shard)[0], `${shard}:13:1000`);
});

test('texts that are no path of a checkpoint have no part in it, nor has the folder the user stands in', () => {
  const root = parse(process.cwd()).root;
  assert.equal(weightsIdentity({ a: 'all-linear', b: '', c: '.', d: '..', e: root, f: 3, g: null, h: '\n' }), []);
});

test.run();
