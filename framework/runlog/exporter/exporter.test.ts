import { copyFileSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunHandle } from '../../contracts/run-log.js';
import { openRunLog } from '../open-run-log.js';
import { resolveTracking } from '../tracking.js';
import { FakeMlflow, type Trouble } from '../testing/fake-mlflow.js';
import { seededRandom } from '../../plugin/seeded-random.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { MlflowClient } from '../mlflow/index.js';
import { Exporter } from './exporter.js';
import { isUnreachable } from './is-unreachable.js';
import { pendingEntries } from './pending-entries.js';

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]);

/** A run folder with a parent and children that log all there is, in an order of chance. */
async function randomJournal(random: () => number): Promise<string> {
  const runDir = temporaryFolder();
  const log = openRunLog({ runDir, experiment: `e${Math.floor(random() * 2)}`, tracking: resolveTracking({ uri: 'none' }) });
  const pick = (n: number): number => Math.floor(random() * n);
  const parent = log.start({ name: 'parent', params: { all: 1 }, tags: { mode: 'x' }, note: '# note' });
  const runs: RunHandle[] = [parent];
  const deeds: ((run: RunHandle) => void)[] = [
    () => runs.length < 4 && runs.push(parent.startChild({ name: `child-${runs.length}`, params: { seed: runs.length } })),
    (run) => run.metrics({ loss: random(), 'x@1': random() < 0.2 ? NaN : pick(9), 'x(1': 3 }, pick(50)),
    (run) => {
      for (let step = 0; step < 600; step++) run.metrics({ a: step, b: -step }, step);
    },
    (run) => run.params({ [`p${pick(3)}`]: pick(2), [`q${pick(200)}`]: 'v'.repeat(pick(7000)) }),
    (run) => run.params(Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`many-${pick(300)}-${i}`, i]))),
    (run) => run.tags({ [`t${pick(3)}`]: String(pick(9)), 'odd:key[0]': 'x' }),
    (run) => run.artifact(`files/${pick(3)}.txt`, `content ${pick(100)}`),
    (run) => run.table(`table-${pick(2)}.json`, ['a', 'b'], [[1, NaN], ['x', pick(9)]]), // prettier-ignore
    (run) => run.image(`faces/${pick(2)}`, pick(5), png),
    (run) => run.dataset({ name: 'drawn', digest: 'f'.repeat(64), context: 'test', source: { folder: 'd' }, schema: { video: 'string' } }),
    (run) => run.note(`# ${pick(9)}`),
  ];
  for (let i = 0; i < 25; i++) deeds[pick(deeds.length)]!(runs[pick(runs.length)]!);
  for (const run of runs.slice(1)) if (random() < 0.8) run.end('FINISHED');
  if (random() < 0.8) parent.end('KILLED');
  await log.close();
  return runDir;
}

function exporterFor(runDir: string, uri: string): Exporter {
  return new Exporter({ runDir, client: new MlflowClient({ uri }, { retries: 1, baseDelayMs: 0, timeoutMs: 150 }), identity: 'server' });
}

async function exported(runDir: string, restart: () => boolean, trouble: () => Trouble): Promise<Record<string, unknown>> {
  const fake = new FakeMlflow();
  const uri = await fake.start();
  fake.trouble = trouble;
  let exporter = exporterFor(runDir, uri);
  for (let tries = 0; ; tries++) {
    assert.ok(tries < 2000, 'it comes to an end');
    try {
      await exporter.drain();
      break;
    } catch (error) {
      assert.ok(isUnreachable(error), String(error));
    }
    if (!restart()) continue;
    exporter.close();
    exporter = exporterFor(runDir, uri);
  }
  assert.equal(exporter.refused(), []);
  assert.is(pendingEntries(runDir, 'server'), 0);
  exporter.close();
  const snapshot = fake.snapshot();
  await fake.stop();
  return snapshot;
}

test('property: whatever goes wrong on the way, the server ends with the same', async () => {
  const troubles: Trouble[] = ['reset', 'lost-answer', '503', '500-html', 'queue-pool', 'lost-answer'];
  for (let seed = 0; seed < 6; seed++) {
    const random = seededRandom(seed).next;
    const runDir = await randomJournal(random);
    const calm = temporaryFolder();
    cpSync(runDir, calm, { recursive: true });
    const expected = await exported(calm, () => false, () => undefined); // prettier-ignore
    assert.ok(Object.keys(expected).length >= 1);
    const sync = join(runDir, 'mlflow-sync.json');
    const restart = (): boolean => {
      // a new process, with what the last one noted, with an older note, or with none
      const luck = random();
      if (luck < 0.1) rmSync(sync, { force: true });
      else if (luck < 0.3) copyAs(sync, `${sync}.old`);
      else if (luck < 0.5) copyAs(`${sync}.old`, sync);
      return luck < 0.7;
    };
    const trouble = (): Trouble =>
      random() < 0.35 ? troubles[Math.floor(random() * troubles.length)] : random() < 0.01 ? 'hang' : undefined;
    assert.equal(await exported(runDir, restart, trouble), expected, `seed ${seed}`);
  }
});

function copyAs(from: string, to: string): void {
  try {
    copyFileSync(from, to);
  } catch {
    // there is none yet
  }
}

test('a bad value is found in its batch and noted; the others arrive', async () => {
  const runDir = temporaryFolder();
  const log = openRunLog({ runDir, experiment: 'e', tracking: resolveTracking({ uri: 'none' }) });
  const run = log.start({ name: 'one' });
  run.params({ lr: '1', width: '2', depth: '3' });
  run.metrics({ loss: 1 }, 0);
  run.end('FINISHED');
  await log.close();
  const fake = new FakeMlflow();
  const uri = await fake.start();
  // somebody else has logged another value under this run's name for one param
  const client = new MlflowClient({ uri });
  const experimentId = await client.ensureExperiment('e');
  const theirs = await client.createRun({ experimentId, name: 'one', startTime: 1, tags: { 'mienlab.run-id': run.id } });
  await client.logBatch(theirs.info.run_id, { params: [{ key: 'width', value: '99' }] });
  const exporter = exporterFor(runDir, uri);
  await exporter.drain();
  exporter.close();
  const stored = fake.run('one');
  await fake.stop();
  assert.equal(Object.fromEntries(stored.params), { width: '99', lr: '1', depth: '3' });
  assert.is(stored.metrics.size, 1);
  assert.is(stored.status, 'FINISHED');
  assert.is(exporter.refused().length, 1);
  assert.match(exporter.refused()[0]!, /run "one": .*Changing param values/);
});

test('a run deleted on the server holds up itself alone, until it is restored', async () => {
  const runDir = temporaryFolder();
  const fake = new FakeMlflow();
  const uri = await fake.start();
  const log = openRunLog({ runDir, experiment: 'e', tracking: resolveTracking({ uri: 'none' }) });
  const [one, two] = [log.start({ name: 'one' }), log.start({ name: 'two' })];
  const exporter = exporterFor(runDir, uri);
  await exporter.drain();
  fake.delete('one');
  one.metric('loss', 1, 1);
  two.metric('loss', 2, 1);
  await exporter.drain();
  assert.is(fake.run('one').metrics.size, 0);
  assert.is(fake.run('two').metrics.size, 1);
  assert.match(exporter.refused()[0]!, /run "one".*'active' state.*restore it/);
  assert.is(pendingEntries(runDir, 'server'), 1);
  exporter.close();
  fake.run('one').deleted = false;
  const next = exporterFor(runDir, uri);
  await next.drain();
  next.close();
  assert.is(fake.run('one').metrics.size, 1);
  assert.is(pendingEntries(runDir, 'server'), 0);
  await log.close();
  await fake.stop();
});

test.run();
