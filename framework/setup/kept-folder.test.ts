import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keepFolder, readMarker } from './kept-folder.js';

const root = mkdtempSync(join(tmpdir(), 'mienlab-kept-'));
let count = 0;
const next = (): string => join(root, String(++count), 'thing-1.0');

test.after(() => rmSync(root, { recursive: true }));

async function fill(aside: string): Promise<Record<string, string>> {
  writeFileSync(join(aside, 'a'), 'x'.repeat(1000));
  return { thing: '1.0' };
}

/** A lock held by somebody else. */
function lockOf(folder: string, owner: { host: string; pid: number }): string {
  const lock = join(folder, '..', '.thing-1.0.lock');
  mkdirSync(lock, { recursive: true });
  writeFileSync(join(lock, 'owner.json'), JSON.stringify({ ...owner, token: 'theirs' }));
  return lock;
}

test('it is made once, and its marker tells what it is', async () => {
  const folder = next();
  let made = 0;
  const make = (aside: string): Promise<Record<string, string>> => (made++, fill(aside));
  await Promise.all([keepFolder(folder, make), keepFolder(folder, make), keepFolder(folder, make)]);
  assert.is(made, 1);
  assert.equal(readMarker(folder), { path: folder, bytes: 1000, versions: { thing: '1.0' } });
  assert.equal(readdirSync(join(folder, '..')), ['thing-1.0']);
});

test('what fails leaves nothing behind, in place or aside', async () => {
  for (const inPlace of [false, true]) {
    const folder = next();
    const failing = async (aside: string): Promise<never> => {
      await fill(aside);
      throw new Error('no luck');
    };
    try {
      await keepFolder(folder, failing, { inPlace });
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, 'no luck');
    }
    assert.is(readMarker(folder), undefined);
    assert.equal(readdirSync(join(folder, '..')), []);
  }
});

test('what a killed process left is no finished folder, and is cleared away', async () => {
  const folder = next();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'half'), '');
  mkdirSync(join(folder, '..', '.part-thing-1.0-abc'));
  assert.is(readMarker(folder), undefined);
  await keepFolder(folder, fill);
  assert.equal(readdirSync(join(folder, '..')), ['thing-1.0']);
  assert.equal(readdirSync(folder).sort(), ['a', 'complete.json']);
});

test('a folder that was moved, or is not sound, is made anew', async () => {
  const folder = next();
  await keepFolder(folder, fill);
  const moved = `${folder}-moved`;
  renameSync(folder, moved);
  assert.is(readMarker(moved), undefined);
  renameSync(moved, folder);
  let made = 0;
  await keepFolder(folder, (aside) => (made++, fill(aside)), { sound: () => false });
  assert.is(made, 1);
});

test('the lock of a dead process, or one nobody touched for long, is taken over', async () => {
  const dead = next();
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('close', resolve));
  lockOf(dead, { host: hostname(), pid: child.pid! });
  await keepFolder(dead, fill);
  assert.ok(readMarker(dead));

  const old = next();
  const lock = lockOf(old, { host: 'elsewhere', pid: 1 });
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(lock, longAgo, longAgo);
  await keepFolder(old, fill);
  assert.ok(readMarker(old));
});

test('the lock of a living process is waited for, and the wait can be ended', async () => {
  const folder = next();
  const lock = lockOf(folder, { host: 'elsewhere', pid: 1 });
  const stop = new AbortController();
  let waitedFor = '';
  const waiting = keepFolder(folder, fill, { signal: stop.signal, onWait: (owner) => (waitedFor = owner) });
  await sleep(50);
  stop.abort();
  try {
    await waiting;
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).name, 'AbortError');
  }
  assert.is(waitedFor, 'process 1 on elsewhere');
  assert.ok(existsSync(lock));
});

test('several processes make it once', async () => {
  const folder = next();
  const log = join(root, 'log');
  const program = `
    import { appendFileSync, writeFileSync } from 'node:fs';
    import { keepFolder } from ${JSON.stringify(new URL('./kept-folder.js', import.meta.url).href)};
    await keepFolder(${JSON.stringify(folder)}, async (aside) => {
      appendFileSync(${JSON.stringify(log)}, 'made\\n');
      await new Promise((resolve) => setTimeout(resolve, 300));
      writeFileSync(aside + '/a', '');
      return {};
    });`;
  const ends = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'ignore', 'inherit'] });
    return new Promise((resolve) => child.on('close', resolve));
  });
  assert.equal(await Promise.all(ends), [0, 0, 0, 0]);
  assert.is(readFileSync(log, 'utf8'), 'made\n');
});

test.run();
