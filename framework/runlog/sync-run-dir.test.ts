import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../faults/index.js';
import { openRunLog } from './open-run-log.js';
import { findRunDirs, syncRunDir } from './sync-run-dir.js';
import { FakeMlflow } from './testing/fake-mlflow.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { resolveTracking } from './tracking.js';

const fake = new FakeMlflow();
let uri: string;
test.before(async () => {
  uri = await fake.start();
});
test.after(() => fake.stop());

const to = () => ({ tracking: (name: string) => (name === 'none' ? undefined : resolveTracking({ uri })) });

/** A process that logs to a server that is not there, then waits to be killed. */
async function runner(runDir: string): Promise<{ kill: () => Promise<void> }> {
  const module = new URL('./index.js', import.meta.url).href;
  const code = `const { openRunLog, resolveTracking } = await import(${JSON.stringify(module)});
    const log = openRunLog({ runDir: ${JSON.stringify(runDir)}, experiment: 'e', tracking: resolveTracking({ uri: 'http://127.0.0.1:1' }), notify: () => {} });
    const child = log.start({ name: 'parent-of-dead' }).startChild({ name: 'dead' });
    for (let step = 0; step < 50; step++) child.metric('loss', step, step);
    console.log('logged'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((done) => child.stdout.once('data', done));
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await new Promise((done) => child.once('close', done));
    },
  };
}

test('a run that is alive is left alone; a killed one is brought over and ended as KILLED, once', async () => {
  const runDir = temporaryFolder();
  const process = await runner(runDir);
  const running = await syncRunDir(runDir, to());
  assert.is(running.outcome, 'running');
  assert.is(fake.requests.length, 0);
  await process.kill();
  const synced = await syncRunDir(runDir, to());
  assert.is(synced.outcome, 'synced');
  assert.equal(
    synced.runs.map(({ name, status }) => [name, status]),
    [
      ['parent-of-dead', 'KILLED'],
      ['dead', 'KILLED'],
    ],
  );
  const run = fake.run('dead');
  assert.is(run.status, 'KILLED');
  assert.is(run.metrics.size, 50);
  assert.is(run.end, Math.max(...[...run.metrics.values()].map(({ timestamp }) => timestamp)));
  assert.match(run.tags.get('mienlab.ended-by')!, /sync/);
  assert.is(synced.runs[1]!.url, `${uri}/#/experiments/1/runs/${run.id}?workflowType=machine_learning`);
  const [snapshot, requests] = [fake.snapshot(), fake.requests.length];
  const again = await syncRunDir(runDir, to());
  assert.is(again.outcome, 'there');
  assert.is(again.entries, 0);
  assert.equal(again.runs, synced.runs);
  assert.is(fake.requests.length, requests);
  assert.equal(fake.snapshot(), snapshot);
});

test('a second server gets all of it as well', async () => {
  const runDir = temporaryFolder();
  const log = openRunLog({ runDir, experiment: 'both', tracking: resolveTracking({ uri }) });
  log.start({ name: 'twice', params: { a: 1 } }).end('FINISHED');
  await log.close();
  assert.is((await syncRunDir(runDir, to())).outcome, 'there');
  const other = new FakeMlflow();
  const tracking = resolveTracking({ uri: await other.start() });
  assert.is((await syncRunDir(runDir, { tracking: () => tracking })).outcome, 'synced');
  assert.is(other.run('twice').params.get('a'), '1');
  await other.stop();
});

test('a journal that is to stay local stays', async () => {
  const runDir = temporaryFolder();
  const log = openRunLog({ runDir, experiment: 'e', tracking: resolveTracking({ uri: 'none' }) });
  log.start({ name: 'local' });
  await log.close();
  assert.is((await syncRunDir(runDir, to())).outcome, 'skipped');
});

test('a deleted experiment is brought back where that is asked for', async () => {
  const runDir = temporaryFolder();
  const log = openRunLog({
    runDir,
    experiment: 'deleted-one',
    tracking: resolveTracking({ uri: 'http://127.0.0.1:1' }),
    notify: () => undefined,
  });
  log.start({ name: 'restored' });
  await log.close();
  const first = openRunLog({ runDir: temporaryFolder(), experiment: 'deleted-one', tracking: resolveTracking({ uri }) });
  first.start({ name: 'makes it' });
  await first.close();
  fake.delete('deleted-one');
  assert.match((await syncRunDir(runDir, to())).refused.join(), /--restore/);
  const restored = await syncRunDir(runDir, { ...to(), restoreDeleted: true });
  assert.equal(restored.refused, []);
  assert.is(fake.run('restored').status, 'FAILED');
});

test('run folders are found below a folder; one without a journal is a fault', async () => {
  const folder = temporaryFolder();
  for (const name of ['b/two', 'a/one']) {
    mkdirSync(join(folder, name), { recursive: true });
    await openRunLog({ runDir: join(folder, name), experiment: 'e', tracking: resolveTracking({ uri: 'none' }) }).close();
  }
  assert.equal(findRunDirs(folder), [join(folder, 'a/one'), join(folder, 'b/two')]);
  assert.equal(findRunDirs(join(folder, 'nowhere')), []);
  try {
    await syncRunDir(folder, to());
    assert.unreachable();
  } catch (error) {
    assert.is((error as Fault).code, 'RUNLOG_JOURNAL');
  }
});

test.run();
