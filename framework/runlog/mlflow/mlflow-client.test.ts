import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FakeMlflow } from '../testing/fake-mlflow.js';
import { MlflowClient, MlflowRefusal, runPageUrl } from './index.js';

const fake = new FakeMlflow();
let client: MlflowClient;
let runId: string;

test.before(async () => {
  client = new MlflowClient({ uri: await fake.start() }, { baseDelayMs: 1, maxDelayMs: 2 });
  const experimentId = await client.ensureExperiment('first');
  runId = (await client.createRun({ experimentId, name: 'one', startTime: 1000, tags: { a: 'b' } })).info.run_id;
});
test.after(() => fake.stop());

async function refused(promise: Promise<unknown>): Promise<MlflowRefusal> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, MlflowRefusal);
    return error as MlflowRefusal;
  }
  throw new Error('it was expected to be refused');
}

test('an experiment that several make at once is one', async () => {
  const ids = await Promise.all(Array.from({ length: 6 }, () => client.ensureExperiment('raced')));
  assert.is(new Set(ids).size, 1);
  assert.is(await client.experimentByName('never'), undefined);
});

test('an experiment whose answer was lost is found', async () => {
  let lost = 0;
  fake.trouble = (path) => (path.endsWith('experiments/create') && lost++ === 0 ? 'lost-answer' : undefined);
  const id = await client.ensureExperiment('lost');
  fake.trouble = () => undefined;
  assert.is((await client.experimentByName('lost'))?.experiment_id, id);
});

test('a deleted experiment is refused, or restored where asked for', async () => {
  const id = await client.ensureExperiment('gone');
  fake.delete('gone');
  assert.match((await refused(client.ensureExperiment('gone'))).details.hint!, /--restore/);
  assert.is(await client.ensureExperiment('gone', { restoreDeleted: true }), id);
  assert.is(await client.ensureExperiment('gone'), id);
});

test('2500 points, 250 params and 101 tags arrive, in several requests', async () => {
  await client.logBatch(runId, {
    metrics: Array.from({ length: 2500 }, (_, step) => ({ key: 'loss@train', value: step / 2, timestamp: 5000 + step, step })),
    params: Array.from({ length: 250 }, (_, i) => ({ key: `p${i}`, value: String(i) })),
    tags: Array.from({ length: 101 }, (_, i) => ({ key: `t${i}`, value: String(i) })),
  });
  const history = await client.metricHistory(runId, 'loss_train');
  assert.is(history.length, 2500);
  assert.equal(history[2499], { key: 'loss_train', value: 1249.5, timestamp: 7499, step: 2499 });
  const { data } = await client.getRun(runId);
  assert.is(data.params!.length, 250);
  assert.is(data.params!.find(({ key }) => key === 'p249')!.value, '249');
  assert.is(data.tags!.find(({ key }) => key === 't100')!.value, '100');
});

test('NaN and infinity go by name', async () => {
  const points = [NaN, Infinity, -Infinity].map((value, step) => ({ key: 'odd', value, timestamp: 1, step }));
  await client.logBatch(runId, { metrics: points });
  assert.equal(
    (await client.metricHistory(runId, 'odd')).map(({ value }) => value as unknown),
    ['NaN', 'Infinity', '-Infinity'],
  );
});

test('another value for a param is refused for that value only, a deleted run as a whole', async () => {
  await client.logBatch(runId, { params: [{ key: 'once', value: '1' }] });
  await client.logBatch(runId, { params: [{ key: 'once', value: '1' }] });
  assert.is((await refused(client.logBatch(runId, { params: [{ key: 'once', value: '2' }] }))).concernsWholeRun, false);
  const experimentId = await client.ensureExperiment('first');
  const doomed = (await client.createRun({ experimentId, name: 'doomed', startTime: 1 })).info.run_id;
  fake.delete('doomed');
  const fault = await refused(client.setTag(doomed, 'a', 'b'));
  assert.is(fault.concernsWholeRun, true);
  assert.match(fault.details.hint!, /restore it/);
  assert.is((await refused(client.getRun('nobody'))).concernsWholeRun, true);
});

test('searches go on page by page', async () => {
  const experimentId = await client.ensureExperiment('many');
  for (let i = 0; i < 1003; i++)
    await client.createRun({ experimentId, name: `r${i}`, startTime: i, tags: { part: i < 1002 ? 'a' : 'b' } });
  assert.is((await client.searchRuns({ experimentIds: [experimentId] })).length, 1003);
  const found = await client.searchRuns({ experimentIds: [experimentId], filter: "tags.`part` = 'b'" });
  assert.equal(
    found.map((run) => run.info.run_name),
    ['r1002'],
  );
});

test('artifacts: bytes come back, paths that lead elsewhere are refused before anything is sent', async () => {
  await client.artifacts.put(runId, 'conf/ü 100%+.yaml', Buffer.from('a: 1'));
  assert.is((await client.artifacts.get(runId, 'conf/ü 100%+.yaml')).toString(), 'a: 1');
  assert.ok((await client.artifacts.list(runId)).some(({ path }) => path === 'conf/ü 100%+.yaml'));
  const before = fake.requests.length;
  for (const path of ['../x', 'a/../../x', '/abs', 'a//b', '', '.', 'a\\..\\b', 'a#b', 'a\nb']) {
    try {
      await client.artifacts.put(runId, path, Buffer.from(''));
      assert.unreachable(path);
    } catch (error) {
      assert.is((error as { code?: string }).code, 'RUNLOG_REFUSED', path);
    }
  }
  assert.is(fake.requests.length, before);
});

test('a table joins the list of tables once', async () => {
  await client.setTag(runId, 'mlflow.loggedArtifacts', '[{"path":"other.json","type":"table"}]');
  for (let i = 0; i < 2; i++) await client.artifacts.putTable(runId, 'preds.json', Buffer.from('{"columns":["a"],"data":[[1]]}'));
  const tag = (await client.getRun(runId)).data.tags!.find(({ key }) => key === 'mlflow.loggedArtifacts')!.value;
  assert.equal(JSON.parse(tag), [
    { path: 'other.json', type: 'table' },
    { path: 'preds.json', type: 'table' },
  ]);
});

test('an image has the two files and the tag that the grid looks for', async () => {
  await client.artifacts.putImage(runId, { key: 'faces/clip:1', step: 3, timestamp: 77, id: 'u-1' }, Buffer.from('png'));
  const paths = (await client.artifacts.list(runId)).map(({ path }) => path).filter((path) => path.startsWith('images/'));
  assert.equal(paths.sort(), [
    'images/faces~clip_1+step+3+timestamp+77+u-1+compressed.webp',
    'images/faces~clip_1+step+3+timestamp+77+u-1.png',
  ]);
  assert.is((await client.getRun(runId)).data.tags!.find(({ key }) => key === 'mlflow.loggedImages')!.value, 'True');
});

test('files that only the server can write are explained', async () => {
  fake.artifactScheme = 's3://bucket';
  const fresh = new MlflowClient({ uri: client.uri });
  const fault = await refused(fresh.artifacts.put(runId, 'a', Buffer.from('')));
  fake.artifactScheme = 'mlflow-artifacts:';
  assert.match(fault.message, /s3:\/\/bucket/);
  assert.match(fault.details.hint!, /--artifacts-destination/);
});

test('the address of a page', () => {
  assert.is(
    runPageUrl('http://127.0.0.1:5000', '1', 'abc'),
    'http://127.0.0.1:5000/#/experiments/1/runs/abc?workflowType=machine_learning',
  );
});

test.run();
