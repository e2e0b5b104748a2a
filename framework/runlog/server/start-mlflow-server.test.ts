import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../../faults/index.js';
import { fakeServerProgram } from '../testing/fake-server-program.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { announcedServer, announceServer } from './announced-server.js';
import { serverId } from './server-id.js';
import { healthy, startMlflowServer } from './start-mlflow-server.js';

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc') || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function noted(pids: string): number[] {
  return readFileSync(pids, 'utf8').trim().split('\n').map(Number.parseFloat);
}

/** Whether they all end within a few seconds. */
async function allEnd(pids: number[]): Promise<boolean> {
  for (let i = 0; i < 100 && pids.some(alive); i++) await wait(50);
  return !pids.some(alive);
}

async function failure(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    return error as Fault;
  }
  throw new Error('it was expected to fail');
}

test('it starts, answers, and leaves nothing behind', async () => {
  process.env['MLFLOW_TRACKING_URI'] = 'http://elsewhere';
  const folder = temporaryFolder();
  const { executable, pids } = fakeServerProgram(folder, 'stubborn');
  const waits: number[] = [];
  const server = await startMlflowServer({ folder: join(folder, 'own'), executable, port: 0, onWait: (ms) => waits.push(ms) });
  delete process.env['MLFLOW_TRACKING_URI'];
  assert.ok(await healthy(server.uri));
  assert.ok(waits.length > 0);
  const args = JSON.parse(readFileSync(pids, 'utf8').split('\n')[0]!.replace(/^\d+ /, '')) as string[];
  assert.equal(args.slice(0, 3), ['server', '--backend-store-uri', `sqlite:///${join(folder, 'own', 'mlflow.db')}`]);
  assert.ok(args.includes('127.0.0.1'));
  await server.stop();
  await server.stop();
  assert.ok(await allEnd([server.pid, ...noted(pids)]));
  assert.not(await healthy(server.uri));
  assert.not(existsSync(join(folder, 'own', 'starting.lock')));
});

test('it ends when the process that started it is killed', async () => {
  const folder = temporaryFolder();
  const { executable, pids } = fakeServerProgram(folder, 'stubborn');
  const module = new URL('./start-mlflow-server.js', import.meta.url).href;
  const code = `const { startMlflowServer } = await import(${JSON.stringify(module)});
    const server = await startMlflowServer({ folder: ${JSON.stringify(folder)}, executable: ${JSON.stringify(executable)}, port: 0 });
    console.log(server.pid); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const guard = Number(await new Promise<string>((done) => child.stdout.once('data', (data) => done(String(data)))));
  assert.ok(alive(guard));
  child.kill('SIGKILL');
  assert.ok(await allEnd([guard, ...noted(pids)]));
});

test('a server that is forgotten does not hold the process', async () => {
  const folder = temporaryFolder();
  const { executable, pids } = fakeServerProgram(folder, 'serves');
  const module = new URL('./start-mlflow-server.js', import.meta.url).href;
  const code = `const { startMlflowServer } = await import(${JSON.stringify(module)});
    await startMlflowServer({ folder: ${JSON.stringify(folder)}, executable: ${JSON.stringify(executable)}, port: 0 });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'inherit', 'inherit'] });
  assert.is(await new Promise((done) => child.once('close', done)), 0);
  assert.ok(await allEnd(noted(pids)));
});

test('one that dies at its start says its last words', async () => {
  const folder = temporaryFolder();
  const fault = await failure(startMlflowServer({ folder, executable: fakeServerProgram(folder, 'dies').executable, port: 0 }));
  assert.is(fault.code, 'RUNLOG_UNREACHABLE');
  assert.match(fault.message, /the database is upset.*exit code 3/);
  const missing = await failure(startMlflowServer({ folder, executable: join(folder, 'none'), port: 0 }));
  assert.match(missing.message, /ENOENT/);
});

test('one that never answers is ended, by time or by the user', async () => {
  const folder = temporaryFolder();
  const { executable, pids } = fakeServerProgram(folder, 'hangs');
  const slow = await failure(startMlflowServer({ folder, executable, port: 0, readyMs: 900 }));
  assert.match(slow.message, /did not answer within 1 s/);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 700);
  assert.is((await failure(startMlflowServer({ folder, executable, port: 0, signal: abort.signal }))).code, 'INTERRUPTED');
  assert.ok(await allEnd(noted(pids)));
});

test('a port that is taken is told when it was asked for', async () => {
  const folder = temporaryFolder();
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  const { port } = other.address() as { port: number };
  const fault = await failure(startMlflowServer({ folder, executable: fakeServerProgram(folder, 'serves').executable, port }));
  other.close();
  assert.is(fault.code, 'USAGE');
  assert.match(fault.message, new RegExp(`port ${port} .*taken`));
});

test('two starts on one folder come one after the other', async () => {
  const folder = temporaryFolder();
  const { executable } = fakeServerProgram(folder, 'serves');
  const servers = await Promise.all([1, 2].map(() => startMlflowServer({ folder, executable, port: 0 })));
  assert.is.not(servers[0]!.uri, servers[1]!.uri);
  await Promise.all(servers.map((server) => server.stop()));
});

test('a kept server is announced while it answers', async () => {
  const folder = temporaryFolder();
  const server = await startMlflowServer({ folder, executable: fakeServerProgram(folder, 'serves').executable, port: 0 });
  assert.is(await announcedServer(folder), undefined);
  const withdraw = announceServer(folder, server.uri);
  assert.is(await announcedServer(folder), server.uri);
  await server.stop();
  assert.is(await announcedServer(folder), undefined);
  withdraw();
  assert.not(existsSync(join(folder, 'server.json')));
});

test("a folder's id is made once", () => {
  const folder = join(temporaryFolder(), 'new');
  assert.match(serverId(folder), /^mienlab-server:[0-9a-f-]{36}$/);
  assert.is(serverId(folder), serverId(folder));
});

test.run();
