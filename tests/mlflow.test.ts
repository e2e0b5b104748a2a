import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MlflowClient, type Run } from '../framework/runlog/mlflow/index.js';
import { mlflowExecutable } from '../framework/runlog/mlflow-executable.js';
import { announceServer } from '../framework/runlog/server/announced-server.js';
import { startMlflowServer, type MlflowServer } from '../framework/runlog/server/start-mlflow-server.js';
import { syncRunDir, type SyncedRunDir } from '../framework/runlog/sync-run-dir.js';
import { resolveTracking, type Tracking } from '../framework/runlog/tracking.js';
import { packageRoot } from '../framework/paths.js';
import { lossAt, logAblation, steps, temporaryHome, trackers, type Ablation } from './mlflow-ablation.js';

/** The command line against the home of these tests. */
async function mienlab(home: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, MIENLAB_HOME: home };
  const main = join(packageRoot, 'dist', 'framework', 'cli', 'main.js');
  return (await promisify(execFile)(process.execPath, [main, ...args], { env })).stdout;
}

const executable = mlflowExecutable();
const check = executable ? test : test.skip;
if (!executable) console.log('skipped: no mlflow program is to be found (mienlab setup, or MIENLAB_MLFLOW)');

const home = temporaryHome();
const folder = join(home, 'mlflow');
const largest = Number.MAX_VALUE;
let server: MlflowServer;
let tracking: Tracking;

async function serve(): Promise<void> {
  server = await startMlflowServer({ folder, executable: executable!, port: 0 });
  announceServer(folder, server.uri);
  tracking = resolveTracking({ uri: 'own', folder });
}

async function runsOf(ablation: Ablation): Promise<{ client: MlflowClient; parent: Run; children: Run[] }> {
  const client = new MlflowClient(await tracking.connect());
  const experimentIds = [(await client.experimentByName('trackers'))!.experiment_id];
  const [parent] = await client.searchRuns({ experimentIds, filter: `tags.\`mienlab.run-id\` = '${ablation.parent}'` });
  const filter = `tags.\`mlflow.parentRunId\` = '${parent!.info.run_id}'`;
  const children = await client.searchRuns({ experimentIds, filter, orderBy: ['attributes.start_time ASC'] });
  return { client, parent: parent!, children };
}

/** Waits until the server has points of a run. */
async function pointsOf(localId: string): Promise<void> {
  const client = new MlflowClient({ uri: server.uri });
  for (let i = 0; i < 200; i++) {
    await wait(100);
    const experiment = await client.experimentByName('trackers');
    if (!experiment) continue;
    const [run] = await client.searchRuns({ experimentIds: [experiment.experiment_id], filter: `tags.\`mienlab.run-id\` = '${localId}'` });
    if (run?.data.metrics?.length) return;
  }
  throw new Error('no point arrived');
}

const pairs = (list: { key: string; value: string }[] = []): Record<string, string> =>
  Object.fromEntries(list.map(({ key, value }) => [key, value]));

/** Everything of the ablation, as the server gives it back. */
async function checkStored(ablation: Ablation): Promise<void> {
  const { client, parent, children } = await runsOf(ablation);
  assert.is(parent.info.run_name, 'sweep');
  assert.is(parent.info.status, 'FINISHED');
  assert.is(pairs(parent.data.tags)['mlflow.note.content'], '# Trackers\nwhat a tracker is worth');
  assert.equal(
    children.map((run) => [run.info.run_name, run.info.status]),
    [
      ['none-0', 'FAILED'],
      ['largest-face-0', 'FINISHED'],
      ['facetrack-0', 'FINISHED'],
    ],
  );
  for (const [index, child] of children.entries()) {
    const run = await client.getRun(child.info.run_id);
    assert.equal(pairs(run.data.params), { tracker: trackers[index], seed: '0', odd_key_: 'x' });
    const loss = await client.metricHistory(run.info.run_id, 'train/loss');
    assert.equal(
      loss.map(({ step, value }) => [step, value]),
      Array.from({ length: steps }, (_, step) => [step, step === 7 ? 'NaN' : lossAt(index, step)]),
    );
    const huge = await client.metricHistory(run.info.run_id, 'train/huge');
    assert.is(huge.length, steps);
    assert.is(Number(huge[0]!.value), largest);
    assert.is(run.data.metrics!.find(({ key }) => key === 'test/cider')!.value, 0.3 + index / 10);
    const inputs = run.inputs!.dataset_inputs!;
    assert.is(inputs.length, 1);
    assert.is(inputs[0]!.dataset.name, 'drawn-faces');
    assert.is(inputs[0]!.dataset.digest, 'ab'.repeat(18));
    assert.equal(inputs[0]!.tags, [{ key: 'mlflow.data.context', value: 'test' }]);
    const table = JSON.parse((await client.artifacts.get(run.info.run_id, 'predictions.json')).toString()) as { data: unknown[][] };
    assert.equal(table.data[0], ['clip-1', `${trackers[index]} sees AU12 rise`, true]);
    assert.equal(JSON.parse(pairs(run.data.tags)['mlflow.loggedArtifacts']!), [{ path: 'predictions.json', type: 'table' }]);
    assert.is(pairs(run.data.tags)['mlflow.loggedImages'], 'True');
    const images = (await client.artifacts.list(run.info.run_id, 'images')).map(({ path }) => path);
    assert.is(images.length, 6);
    assert.ok(
      images.every((path) => /^images\/faces~clip-1\+step\+[012]\+timestamp\+\d+\+[0-9a-f-]{36}(\.png|\+compressed\.webp)$/.test(path)),
    );
    assert.is((await client.artifacts.get(run.info.run_id, 'config/resolved.yaml')).toString(), `tracker: ${trackers[index]}\n`);
  }
}

test.before(async () => {
  if (executable) await serve();
});
test.after(() => server?.stop());

check('an ablation is on a real server as it was logged, though the server was killed in the middle of it', async () => {
  const ablation = await logAblation(tracking, async (first) => {
    await pointsOf(first);
    process.kill(-server.pid, 'SIGKILL');
    await server.ended;
    // time enough for the background flush to find out
    await wait(1500);
  });
  assert.is(ablation.said.length, 1);
  assert.match(ablation.said[0]!, /mienlab sync/);
  assert.ok(ablation.pending > 0);
  await serve();
  const lines = (await mienlab(home, 'sync', ablation.runDir)).trim().split('\n');
  assert.match(lines[0]!, new RegExp(`sweep {2}FINISHED {2}synced {2}${server.uri}/#/experiments/\\d+/runs/[0-9a-f]{32}\\?`));
  assert.match(lines[3]!, /facetrack-0 {2}FINISHED {2}synced {2}http/);
  await checkStored(ablation);
  const [again] = JSON.parse(await mienlab(home, 'sync', ablation.runDir, '--json')) as SyncedRunDir[];
  assert.is(again!.outcome, 'there');
  assert.is(again!.entries, 0);
  // Sent all over again, because the note of what was sent is gone: nothing changes, nothing is doubled.
  rmSync(join(ablation.runDir, 'mlflow-sync.json'));
  const resent = await syncRunDir(ablation.runDir, { tracking: () => tracking });
  assert.is(resent.outcome, 'synced');
  await checkStored(ablation);
});

test.run();
