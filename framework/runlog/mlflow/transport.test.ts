import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../faults/index.js';
import { mlflowConnection } from './connection.js';
import { MlflowRefusal } from './mlflow-refusal.js';
import { Transport, type TransportOptions } from './transport.js';

type Answer = [status: number, body: string, headers?: Record<string, string>] | 'reset' | 'hang';

/** A server that gives these answers one after the other, the last for ever. */
async function serving<T>(answers: Answer[], use: (uri: string, seen: IncomingMessage[]) => Promise<T>): Promise<T> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const answer = answers[Math.min(seen.length, answers.length - 1)]!;
    seen.push(request);
    if (answer === 'reset') request.socket.destroy();
    else if (answer !== 'hang') response.writeHead(answer[0], answer[2]).end(answer[1]);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function transport(uri: string, options: TransportOptions = {}, slept: number[] = []): Transport {
  const sleep = async (ms: number): Promise<void> => void slept.push(ms);
  return new Transport({ uri }, { sleep, random: () => 0.5, ...options });
}

async function failure(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, Fault);
    return error as Fault;
  }
  throw new Error('it was expected to fail');
}

const get = { method: 'GET', path: '/x' } as const;
const queuePool: Answer = [
  400,
  '{"error_code":"BAD_REQUEST","message":"QueuePool limit of size 5 overflow 10 reached, connection timed out"}',
];

test('what passes is tried again with doubled waits and jitter', async () => {
  const answers: Answer[] = [[503, 'busy'], [500, '<html>oops</html>'], queuePool, 'reset', [429, ''], [200, '{"a":1}']];
  const slept: number[] = [];
  await serving(answers, async (uri, seen) => {
    assert.equal(await transport(uri, { baseDelayMs: 100, maxDelayMs: 1000 }, slept).json(get), { a: 1 });
    assert.is(seen.length, 6);
  });
  assert.equal(slept, [150, 300, 600, 1200, 1500]);
});

test('Retry-After is honoured, in seconds and as a date', async () => {
  const slept: number[] = [];
  const date = new Date(Date.now() + 30_000).toUTCString();
  const answers: Answer[] = [
    [503, '', { 'retry-after': '7' }],
    [429, '', { 'retry-after': date }],
    [200, '{}'],
  ];
  await serving(answers, (uri) => transport(uri, {}, slept).json(get));
  assert.is(slept[0], 7000);
  assert.ok(slept[1]! > 25_000 && slept[1]! <= 30_000, String(slept[1]));
});

test('the retries end: RUNLOG_UNREACHABLE with what was answered', async () => {
  await serving([[502, '<h1>Bad Gateway</h1>']], async (uri, seen) => {
    const fault = await failure(transport(uri, { retries: 3 }).json(get));
    assert.is(fault.code, 'RUNLOG_UNREACHABLE');
    assert.match(fault.message, /502.*Bad Gateway/);
    assert.is(seen.length, 4);
  });
});

test('what would be done twice is not sent again', async () => {
  await serving(['reset'], async (uri, seen) => {
    assert.is((await failure(transport(uri).json({ method: 'POST', path: '/c', json: {}, idempotent: false }))).code, 'RUNLOG_UNREACHABLE');
    assert.is(seen.length, 1);
  });
});

test('a server that hangs and one that is not there', async () => {
  await serving(['hang'], async (uri) => {
    const fault = await failure(transport(uri, { timeoutMs: 60, retries: 1 }).json(get));
    assert.is(fault.code, 'RUNLOG_UNREACHABLE');
    assert.match(fault.message, /no answer in time/);
  });
  const fault = await failure(transport('http://127.0.0.1:9', { retries: 1 }).json(get));
  assert.match(fault.message, /127\.0\.0\.1:9 .*(ECONNREFUSED|bad port)/);
});

test('an abort ends it at once', async () => {
  await serving(['hang'], async (uri) => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 30);
    const began = Date.now();
    assert.is((await failure(transport(uri, { signal: abort.signal }).json(get))).code, 'RUNLOG_UNREACHABLE');
    assert.ok(Date.now() - began < 2000);
  });
});

test('a no is a no: not sent again, in words, with what to do', async () => {
  const cases: [Answer, RegExp, RegExp][] = [
    [[403, 'Invalid Host header - possible DNS rebinding attack detected'], /Invalid Host header/, /--allowed-hosts/],
    [[403, 'Cross-origin request blocked'], /Cross-origin/, /--cors-allowed-origins/],
    [[401, 'You are not authenticated.'], /not authenticated/, /MLFLOW_TRACKING_USERNAME/],
    [[404, `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Workspace 'nope' not found"}`], /Workspace 'nope'/, /MLFLOW_WORKSPACE/],
    [[413, '<html>too large</html>'], /too large/, /limit/],
  ];
  for (const [answer, message, hint] of cases) {
    await serving([answer], async (uri, seen) => {
      const fault = await failure(transport(uri).json(get));
      assert.instance(fault, MlflowRefusal);
      assert.is(fault.code, 'RUNLOG_REFUSED');
      assert.match(fault.message, message);
      assert.match(fault.details.hint ?? '', hint);
      assert.is(seen.length, 1);
    });
  }
});

test('a login page, a redirect and an empty answer are no MLflow', async () => {
  for (const answer of [
    [200, '<html>log in</html>'],
    [200, ''],
    [302, '', { location: 'http://127.0.0.1:9/login' }],
  ] as Answer[]) {
    await serving([answer], async (uri) => assert.is((await failure(transport(uri).json(get))).code, 'RUNLOG_REFUSED'));
  }
});

test('auth and workspace travel as headers', async () => {
  await serving([[200, '{}']], async (uri, seen) => {
    const env = { MLFLOW_TRACKING_USERNAME: 'ann', MLFLOW_TRACKING_PASSWORD: 's:é', MLFLOW_WORKSPACE: 'lab' };
    await new Transport(mlflowConnection(uri, env)).json(get);
    await new Transport(mlflowConnection(uri, { ...env, MLFLOW_TRACKING_TOKEN: 't0' })).json({
      method: 'POST',
      path: '/y',
      json: { a: 1 },
    });
    assert.is(seen[0]!.headers['authorization'], `Basic ${Buffer.from('ann:s:é').toString('base64')}`);
    assert.is(seen[0]!.headers['x-mlflow-workspace'], 'lab');
    assert.is(seen[1]!.headers['authorization'], 'Bearer t0');
    assert.is(seen[1]!.headers['content-type'], 'application/json');
  });
});

test('addresses', () => {
  assert.equal(mlflowConnection('https://ann:p%40w@host:8443/mlflow/', {}), {
    uri: 'https://host:8443/mlflow',
    username: 'ann',
    password: 'p@w',
  });
  assert.equal(mlflowConnection('http://127.0.0.1:5000', {}), { uri: 'http://127.0.0.1:5000' });
  for (const address of ['sqlite:///m.db', './mlruns', 'databricks', 'file:///x', '']) {
    assert.throws(
      () => mlflowConnection(address, {}),
      (error: Fault) => error.code === 'CONFIG_VALUE',
    );
  }
});

test.run();
