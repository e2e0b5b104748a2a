import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../faults/index.js';
import { announceServer } from './server/announced-server.js';
import { healthy, startMlflowServer } from './server/start-mlflow-server.js';
import { fakeServerProgram } from './testing/fake-server-program.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { resolveTracking } from './tracking.js';

test('the config goes before the environment, the own server is last', () => {
  const folder = temporaryFolder();
  const env = { MLFLOW_TRACKING_URI: 'http://env:1/' };
  assert.is(resolveTracking({ uri: 'http://config:2', env }).name, 'http://config:2');
  assert.is(resolveTracking({ env }).name, 'http://env:1');
  assert.is(resolveTracking({ uri: 'none', env }).name, 'none');
  assert.is(resolveTracking({ env: {}, folder }).name, 'own');
  assert.is(resolveTracking({ uri: 'own', env, folder }).identity, resolveTracking({ env: {}, folder }).identity);
  assert.throws(
    () => resolveTracking({ uri: 'sqlite:///m.db' }),
    (fault: Fault) => fault.code === 'CONFIG_VALUE',
  );
});

test('workspaces of one server are told apart, secrets are in no name', () => {
  const env = { MLFLOW_TRACKING_URI: 'http://ann:secret@host:1', MLFLOW_WORKSPACE: 'lab' };
  const tracking = resolveTracking({ env });
  assert.is(tracking.name, 'http://host:1');
  assert.is(tracking.identity, 'http://host:1 lab');
});

test('the own server is started once and ended', async () => {
  const folder = temporaryFolder();
  const { executable, pids } = fakeServerProgram(folder, 'serves');
  const tracking = resolveTracking({ env: {}, folder, executable, port: 0 });
  const [one, two] = await Promise.all([tracking.connect(), tracking.connect()]);
  assert.is(one.uri, two.uri);
  assert.is(readFileSync(pids, 'utf8').trim().split('\n').length, 1);
  await tracking.stop();
  assert.not(await healthy(one.uri));
});

test('a stop while it starts ends the start', async () => {
  const folder = temporaryFolder();
  const tracking = resolveTracking({ env: {}, folder, executable: fakeServerProgram(folder, 'hangs').executable, port: 0 });
  const connecting = tracking.connect().then(
    () => assert.unreachable(),
    (fault: Fault) => assert.is(fault.code, 'INTERRUPTED'),
  );
  setTimeout(() => void tracking.stop(), 300);
  await connecting;
});

test('a server that is kept for the folder is used and not ended', async () => {
  const folder = temporaryFolder();
  const server = await startMlflowServer({ folder, executable: fakeServerProgram(folder, 'serves').executable, port: 0 });
  const withdraw = announceServer(folder, server.uri);
  const tracking = resolveTracking({ env: {}, folder, executable: join(folder, 'none') });
  assert.equal(await tracking.connect(), { uri: server.uri });
  await tracking.stop();
  assert.is(await (await fetch(`${server.uri}/health`)).text(), 'OK');
  withdraw();
  await server.stop();
});

test('without an installed MLflow it says what to do', async () => {
  const env = { MIENLAB_MLFLOW: '/nowhere/mlflow' };
  try {
    await resolveTracking({ env, folder: temporaryFolder() }).connect();
    assert.unreachable();
  } catch (error) {
    assert.is((error as Fault).code, 'RUNLOG_UNREACHABLE');
    assert.match((error as Fault).details.hint!, /mienlab setup/);
  }
});

test.run();
