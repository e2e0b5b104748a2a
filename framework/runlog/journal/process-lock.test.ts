import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { takeLock } from './process-lock.js';
import { processState, thisProcess } from './process-mark.js';
import { ulid } from './ulid.js';

test('a lock has one holder, and is given back', () => {
  const file = join(temporaryFolder(), 'lock');
  const first = takeLock(file);
  assert.type(first, 'function');
  const second = takeLock(file);
  assert.equal(second, thisProcess());
  (first as () => void)();
  assert.not(existsSync(file));
  assert.type(takeLock(file), 'function');
});

test('the lock of a dead process is taken over, one of another machine is respected', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'lock');
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(file, JSON.stringify({ pid: dead, host: hostname(), started: '' }));
  assert.type(takeLock(file), 'function');
  writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname(), started: 'another boot/1' }));
  assert.type(takeLock(file), 'function');
  writeFileSync(file, '{ torn');
  assert.type(takeLock(file), 'function');
  writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere', started: '' }));
  assert.equal(takeLock(file), { pid: 1, host: 'elsewhere', started: '' });
  assert.equal(readdirSync(folder), ['lock']);
});

test('processes alive and dead', async () => {
  assert.is(processState(thisProcess()), 'alive');
  assert.is(processState({ ...thisProcess(), started: '' }), 'alive');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const mark = { pid: child.pid!, host: hostname(), started: '' };
  assert.is(processState(mark), 'alive');
  child.kill('SIGKILL');
  await new Promise((done) => child.once('close', done));
  assert.is(processState(mark), 'dead');
});

test('local ids are ULIDs: 26 characters, sorted by time', () => {
  assert.match(ulid(0), /^0{10}[0-9A-HJKMNP-TV-Z]{16}$/);
  assert.is(ulid(1469918176385).slice(0, 10), '01ARYZ6S41');
  assert.ok(ulid(1000) < ulid(1001));
  assert.is(new Set(Array.from({ length: 1000 }, () => ulid(5))).size, 1000);
});

test.run();
