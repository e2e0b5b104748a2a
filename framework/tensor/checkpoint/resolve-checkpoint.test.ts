import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../faults/index.js';
import { cachedCheckpointPath, resolveCheckpoint } from './resolve-checkpoint.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-checkpoints-'));
const before = process.env['MIENLAB_CACHE'];
process.env['MIENLAB_CACHE'] = join(folder, 'cache');
test.after(() => {
  if (before === undefined) delete process.env['MIENLAB_CACHE'];
  else process.env['MIENLAB_CACHE'] = before;
  rmSync(folder, { recursive: true });
});

const resolved = (nameOrPath: string) => resolveCheckpoint(nameOrPath, (path) => resolve(folder, path));

function missing(nameOrPath: string): Fault {
  try {
    resolved(nameOrPath);
  } catch (error) {
    assert.is((error as Fault).code, 'ASSET_MISSING');
    return error as Fault;
  }
  throw new Error('it was there');
}

test('a name means the cache, and says how to get it there', () => {
  assert.is(missing('smollm2').details.hint, 'run "mienlab setup --only smollm2"');
  const path = cachedCheckpointPath('smollm2')!;
  assert.ok(path.startsWith(join(folder, 'cache')));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  assert.is(resolved('smollm2'), path);
});

test('anything else is a path; a folder called like a name is reached by ./', () => {
  mkdirSync(join(folder, 'smollm2'));
  mkdirSync(join(folder, 'qwen'));
  assert.is(resolved('qwen'), join(folder, 'qwen'));
  assert.is(resolved('./smollm2'), join(folder, 'smollm2'));
  const fault = missing('smolm2');
  assert.match(fault.message, join(folder, 'smolm2'));
  assert.is(fault.details.nearest, 'smollm2');
  assert.equal(fault.details.known, ['smollm2', 'centerface']);
  assert.is(cachedCheckpointPath('constructor'), undefined);
});

test.run();
