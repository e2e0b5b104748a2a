import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultOf } from '../faults/testing/fault-of.js';
import { wheelBytes, zipBytes } from './testing/zip-bytes.js';
import { unpackWheel } from './unpack-wheel.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-wheel-'));
const path = join(folder, 'fake-1.0-py3-none-any.whl');
const members = [
  { name: 'fake/lib.so', data: Buffer.alloc(2_000_000, 'ab') },
  { name: 'fake/a "b", c.h', data: Buffer.from('int a;') },
  { name: 'fake/unwanted.py', data: Buffer.from('pass') },
];

test.after(() => rmSync(folder, { recursive: true }));

test('the wanted members land where they are wanted, and progress counts their bytes', async () => {
  const quoted = (record: string): string => record.replace('fake/a "b", c.h', '"fake/a ""b"", c.h"');
  writeFileSync(path, wheelBytes(members, quoted));
  const seen: number[] = [];
  const bytes = await unpackWheel(path, join(folder, 'out'), {
    pick: (name) => (name.endsWith('.py') || name.includes('dist-info') ? undefined : name.replace('fake/', 'lib/')),
    onBytes: (done, total) => {
      assert.is(total, 2_000_006);
      seen.push(done);
    },
  });
  assert.is(bytes, 2_000_006);
  assert.is(seen.at(-1), 2_000_006);
  assert.ok(readFileSync(join(folder, 'out', 'lib', 'lib.so')).equals(members[0]!.data));
  assert.is(readFileSync(join(folder, 'out', 'lib', 'a "b", c.h'), 'utf8'), 'int a;');
  assert.not.ok(existsSync(join(folder, 'out', 'lib', 'unwanted.py')));
});

test('a member that is not what RECORD says, or that RECORD does not know, is a fault', async () => {
  for (const lie of [(record: string) => record.replace(/sha256=./, 'sha256=_'), () => '']) {
    writeFileSync(path, wheelBytes(members.slice(0, 1), lie));
    const fault = await faultOf(
      unpackWheel(path, join(folder, `lie-${lie.length}`), { pick: (name) => (name.endsWith('.so') ? name : undefined) }),
    );
    assert.match(fault.message, /fake\/lib\.so differs from what its RECORD says/);
  }
});

test('a zip without RECORD is no wheel', async () => {
  writeFileSync(path, zipBytes(members));
  assert.match((await faultOf(unpackWheel(path, folder, { pick: () => undefined }))).message, /no RECORD/);
});

test('a member that would land outside of the folder is refused', async () => {
  for (const name of ['../evil', 'a/../../evil', '/evil']) {
    writeFileSync(path, wheelBytes([{ name, data: Buffer.from('x') }]));
    const fault = await faultOf(
      unpackWheel(path, join(folder, 'deep', 'er'), { pick: (member) => (member.includes('evil') ? member : undefined) }),
    );
    assert.match(fault.message, /outside of its folder/);
  }
  assert.not.ok(existsSync(join(folder, 'deep', 'evil')));
});

test.run();
