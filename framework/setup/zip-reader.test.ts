import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../faults/index.js';
import { faultOf } from '../faults/testing/fault-of.js';
import { zipBytes, type Member } from './testing/zip-bytes.js';
import { ZipReader } from './zip-reader.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-zip-'));
const path = join(folder, 'a.zip');
let fresh = 0;

test.after(() => rmSync(folder, { recursive: true }));

/** A small generator of numbers (mulberry32), so that a failure can be had again. */
function numbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const members: Member[] = [
  { name: 'a/zeros.bin', data: Buffer.alloc(3_000_000) },
  { name: 'a/empty', data: Buffer.alloc(0) },
  { name: 'ünï.txt', data: Buffer.from('deflated '.repeat(50)) },
  { name: 'stored.bin', data: Buffer.from([0, 1, 2, 255]), stored: true },
];

async function readAll(bytes: Buffer): Promise<void> {
  writeFileSync(path, bytes);
  const zip = await ZipReader.open(path);
  try {
    for (const entry of zip.entries) await zip.extract(entry, join(folder, `out-${fresh++}`));
  } finally {
    await zip.close();
  }
}

test('members come out as they went in, by read and by extract', async () => {
  writeFileSync(path, zipBytes(members, 'a comment with PK\x05\x06 in it'));
  const zip = await ZipReader.open(path);
  assert.equal(
    zip.entries.map(({ name, bytes }) => [name, bytes]),
    members.map(({ name, data }) => [name, data.length]),
  );
  for (const [i, { data }] of members.entries()) {
    const out = join(folder, 'deep', String(i));
    assert.ok((await zip.read(zip.entries[i]!)).equals(data));
    assert.is(await zip.extract(zip.entries[i]!, out), createHash('sha256').update(data).digest('base64url'));
    assert.ok(readFileSync(out).equals(data));
  }
  await zip.close();
});

test('what is no zip, cut off, or zip64 is a fault', async () => {
  const whole = zipBytes(members);
  const zip64 = Buffer.from(whole);
  zip64.writeUInt32LE(0xffffffff, whole.length - 22 + 16);
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), whole.subarray(0, -1), whole.subarray(100), zip64]) {
    const fault = await faultOf(readAll(bytes));
    assert.is(fault.code, 'SETUP_FAILED');
    assert.match(fault.message, /is damaged/);
  }
});

test('a member that does not inflate, or to another length, is a fault', async () => {
  const whole = zipBytes([{ name: 'x', data: Buffer.from('some words '.repeat(100)) }]);
  const broken = Buffer.from(whole);
  broken.fill(0xff, 32, 44);
  assert.match((await faultOf(readAll(broken))).message, /x does not inflate/);
  const longer = Buffer.from(whole);
  longer.writeUInt32LE(1101, whole.length - 22 - 47 + 24);
  assert.match((await faultOf(readAll(longer))).message, /x holds 1100 bytes instead of 1101/);
  longer.writeUInt32LE(1099, whole.length - 22 - 47 + 24);
  assert.match((await faultOf(readAll(longer))).message, /x holds more than 1099 bytes/);
});

test('random damage gives a fault or the content, never another error and never a hang', async () => {
  const random = numbers(7);
  const whole = zipBytes(members.slice(1));
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(whole);
    for (let hits = 1 + Math.floor(random() * 4); hits > 0; hits--) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const cut = random() < 0.3 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
    try {
      await readAll(cut);
    } catch (error) {
      assert.instance(error, Fault, `round ${round}: ${String(error)}`);
    }
  }
});

test.run();
