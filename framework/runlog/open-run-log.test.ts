import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunHandle, RunLog } from '../contracts/run-log.js';
import type { Fault } from '../faults/index.js';
import { readJournal } from './journal/journal-reader.js';
import { openRunLog } from './open-run-log.js';
import { FakeMlflow } from './testing/fake-mlflow.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { resolveTracking } from './tracking.js';

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 9]);

async function withServer<T>(use: (fake: FakeMlflow, uri: string) => Promise<T>): Promise<T> {
  const fake = new FakeMlflow();
  const uri = await fake.start();
  try {
    return await use(fake, uri);
  } finally {
    await fake.stop();
  }
}

function opened(uri: string, runDir = temporaryFolder()): { log: RunLog; runDir: string; said: string[] } {
  const said: string[] = [];
  const log = openRunLog({ runDir, experiment: 'e', tracking: resolveTracking({ uri }), notify: (message) => said.push(message) });
  return { log, runDir, said };
}

test('all that is logged is on the server, while the run goes on and when it is closed', async () => {
  await withServer(async (fake, uri) => {
    const { log, said } = opened(uri);
    const parent = log.start({ name: 'sweep', params: { seeds: 3 }, tags: { 'mlflow.user': 'ann' }, note: '# why' });
    const child = parent.startChild({ name: 'facetrack-0' });
    child.params({ tracker: 'facetrack', 'pool[0]': true, none: null });
    child.metrics({ 'train/loss': 2.5, 'recall@5': NaN }, 1);
    child.metric('score', 0.5);
    for (let i = 0; i < 100 && !log.pageUrl(child.id); i++) await wait(50);
    assert.match(log.pageUrl(child.id)!, new RegExp(`^${uri}/#/experiments/1/runs/[0-9a-f]{32}\\?`));
    child.table('preds.json', ['clip', 'score'], [['a', 0.5], ['b', NaN]]); // prettier-ignore
    child.image('faces/a', 2, png);
    child.artifact('conf/resolved.yaml', 'a: 1');
    child.dataset({ name: 'drawn', digest: 'd1', context: 'test', source: 'here', schema: { video: 'string' }, profile: { clips: 2 } });
    child.end('FINISHED');
    parent.end('KILLED');
    const summary = await log.close();
    assert.equal(said, []);
    assert.is(summary.pending, 0);
    assert.is(summary.pages[child.id], log.pageUrl(child.id));
    const run = fake.run('facetrack-0');
    assert.equal(Object.fromEntries(run.params), { tracker: 'facetrack', pool_0_: 'true', none: 'null' });
    assert.equal(
      [...run.metrics.values()].map(({ key, value, step }) => [key, value, step]),
      [
        ['train/loss', 2.5, 1],
        ['recall_5', 'NaN', 1],
        ['score', 0.5, 0],
      ],
    );
    assert.is(run.tags.get('mlflow.parentRunId'), fake.run('sweep').id);
    assert.is(run.status, 'FINISHED');
    assert.is(fake.run('sweep').status, 'KILLED');
    assert.is(fake.run('sweep').tags.get('mlflow.note.content'), '# why');
    const files = [...fake.artifacts.keys()].map((path) => path.split('/artifacts/')[1]!);
    assert.is(files.length, 4);
    assert.is(
      fake.artifacts.get(`1/${run.id}/artifacts/preds.json`)!.toString(),
      '{"columns":["clip","score"],"data":[["a",0.5],["b",null]]}',
    );
    assert.is(run.tags.get('mlflow.loggedArtifacts'), '[{"path":"preds.json","type":"table"}]');
    assert.match(
      [...run.inputs.values()].map((input) => JSON.stringify(input)).join(),
      /"key":"mlflow.data.context","value":"test".*mlflow_colspec/,
    );
  });
});

test('no server: the run completes, it is told once, the journal has all', async () => {
  const { log, runDir, said } = opened('http://127.0.0.1:1');
  const run = log.start({ name: 'alone' });
  run.metric('loss', 1, 1);
  await wait(300);
  run.end('FINISHED');
  const began = Date.now();
  const summary = await log.close({ deadlineMs: 20_000 });
  assert.ok(Date.now() - began < 8000);
  assert.is(summary.pending, 3);
  assert.equal(summary.pages, {});
  assert.is(said.length, 1);
  assert.match(said[0]!, /RUNLOG_UNREACHABLE[^]*mienlab sync/);
  assert.equal(
    [...readJournal(join(runDir, 'journal.jsonl'))].map(({ type }) => type),
    ['open', 'start', 'metrics', 'end', 'close'],
  );
});

test('a server that refuses, and one that hangs past the deadline, do not stop the run', async () => {
  await withServer(async (fake, uri) => {
    fake.trouble = (path) => (path.includes('log-batch') ? 'hang' : undefined);
    const { log } = opened(uri);
    log.start({ name: 'slow', params: { a: 1 } }).end('FINISHED');
    const began = Date.now();
    const summary = await log.close({ deadlineMs: 700 });
    assert.ok(Date.now() - began < 3000);
    assert.is(summary.pending, 2);
  });
  const wrong = opened('http://127.0.0.1:1');
  wrong.log.start({ name: 'refused' });
  assert.is((await wrong.log.close({ deadlineMs: 300 })).pending, 2);
  await withServer(async (fake, uri) => {
    const first = opened(uri);
    first.log.start({ name: 'makes the experiment' });
    await first.log.close();
    fake.delete('e');
    const { log, said } = opened(uri);
    log.start({ name: 'into a deleted experiment' });
    const summary = await log.close();
    assert.is(summary.pending, 2);
    assert.match(summary.refused.join(), /was deleted on the server/);
    assert.match(said.join(), /refused something[^]*deleted/);
  });
});

test('a server that comes back gets what waited, and it is told', async () => {
  await withServer(async (fake, uri) => {
    let down = true;
    fake.trouble = () => (down ? 'reset' : undefined);
    const { log, said } = opened(uri);
    const run = log.start({ name: 'patient' });
    run.metric('loss', 1, 1);
    for (let i = 0; i < 200 && said.length === 0; i++) await wait(20);
    down = false;
    for (let i = 0; i < 200 && said.length < 2; i++) await wait(50);
    assert.match(said[1]!, /answers again/);
    assert.is(fake.run('patient').metrics.size, 1);
    run.end('FINISHED');
    assert.is((await log.close()).pending, 0);
  });
});

test('tracking "none" keeps the journal only', async () => {
  const { log, runDir } = opened('none');
  log.start({ name: 'local' });
  assert.equal(await log.close(), { pages: {}, pending: 0, refused: [] });
  assert.is([...readJournal(join(runDir, 'journal.jsonl'))].filter(({ type }) => type === 'end').length, 1);
});

test('a run taken up again keeps its params; what changed becomes a tag', async () => {
  await withServer(async (fake, uri) => {
    const runDir = temporaryFolder();
    const first = opened(uri, runDir);
    const { id } = first.log.start({ name: 'long', params: { lr: 0.1, epochs: 3 } });
    await first.log.close();
    assert.is(fake.run('long').status, 'FAILED');
    const second = opened(uri, runDir);
    const run = second.log.start({ name: 'ignored', resume: id, params: { lr: 0.1, epochs: 5 } });
    assert.is(run.id, id);
    assert.is(run.name, 'long');
    run.end('FINISHED');
    assert.equal((await second.log.close()).refused, []);
    assert.is(fake.run('long').status, 'FINISHED');
    assert.equal(Object.fromEntries(fake.run('long').params), { lr: '0.1', epochs: '3' });
    assert.is(fake.run('long').tags.get('mienlab.changed.epochs'), '5');
    const third = opened('none', runDir);
    assert.throws(
      () => third.log.start({ name: 'x', resume: 'nobody' }),
      (fault: Fault) => fault.code === 'RUNLOG_REFUSED',
    );
    await third.log.close();
  });
});

test('what cannot be logged is refused at the call, and leaves no trace', async () => {
  const { log, runDir } = opened('none');
  const run = log.start({ name: 'strict' });
  writeFileSync(join(runDir, 'here.txt'), 'x');
  const calls: [(run: RunHandle) => void, RegExp][] = [
    [(run) => run.metric('a', 1, 0.5), /step 0\.5/],
    [(run) => run.metric('a', '1' as unknown as number), /string/],
    [(run) => run.artifact('../x', 'y'), /"\.\.\/x"/],
    [(run) => run.artifactFile('x', join(runDir, 'missing')), /missing/],
    [(run) => run.table('x.csv', [], []), /x\.csv/],
    [(run) => run.table('x.json', ['a', 'b'], [['1', '2'], ['3']]), /row 1 .* 1 cells/], // prettier-ignore
    [(run) => run.image('a', 0, Buffer.from('JFIF')), /no PNG/],
  ];
  for (const [call, message] of calls) {
    assert.throws(
      () => call(run),
      (fault: Fault) => fault.code === 'RUNLOG_REFUSED' && message.test(fault.message),
    );
  }
  run.artifactFile('copy.txt', join(runDir, 'here.txt'));
  run.end('FINISHED');
  assert.throws(
    () => run.metric('late', 1),
    (fault: Fault) => /has ended/.test(fault.message),
  );
  await log.close();
  assert.equal(
    [...readJournal(join(runDir, 'journal.jsonl'))].map(({ type }) => type),
    ['open', 'start', 'artifact', 'end', 'close'],
  );
});

test('one process at a time has a run folder', async () => {
  const { log, runDir } = opened('none');
  assert.throws(
    () => opened('none', runDir),
    (fault: Fault) => fault.code === 'RUNLOG_JOURNAL' && fault.message.includes(String(process.pid)),
  );
  await log.close();
  await opened('none', runDir).log.close();
});

test('a process that ends without closing leaves a whole journal with its runs ended', () => {
  const runDir = temporaryFolder();
  const module = new URL('./index.js', import.meta.url).href;
  const code = `const { openRunLog, resolveTracking } = await import(${JSON.stringify(module)});
    const log = openRunLog({ runDir: ${JSON.stringify(runDir)}, experiment: 'e', tracking: resolveTracking({ uri: 'http://127.0.0.1:1' }) });
    const child = log.start({ name: 'parent' }).startChild({ name: 'child' });
    child.metric('loss', 1, 1);
    throw new Error('something else broke');`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  assert.is(status, 1);
  const lines = readFileSync(join(runDir, 'journal.jsonl'), 'utf8').trim().split('\n');
  assert.equal(
    lines.slice(-2).map((line) => (JSON.parse(line) as { status: string }).status),
    ['FAILED', 'FAILED'],
  );
});

test.run();
