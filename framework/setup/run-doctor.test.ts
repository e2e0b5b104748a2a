import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot, packageVersion } from '../paths.js';
import type { Check } from './run-doctor.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-doctor-'));
const nothing = join(folder, 'no-programs');
mkdirSync(nothing);

test.after(() => rmSync(folder, { recursive: true }));

async function doctor(env: NodeJS.ProcessEnv): Promise<{ code: number | null; checks: Map<string, Check> }> {
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'mienlab.js'), 'doctor', '--json'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (part) => (stdout += String(part)));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, checks: new Map((JSON.parse(stdout) as Check[]).map((check) => [check.name, check])) };
}

test('on a bare machine it names what is missing, what to do, and ends with 3 for want of ffmpeg', async () => {
  const { code, checks } = await doctor({ PATH: nothing, HOME: folder });
  const states = ['node', 'python', 'compiler', 'ffmpeg', 'mlflow', 'npm'].map((name) => checks.get(name)?.state);
  assert.equal(states, ['ok', 'missing', 'missing', 'missing', 'missing', 'missing']);
  assert.match(checks.get('compiler')?.hint ?? '', /apt install g\+\+/);
  assert.match(checks.get('ffmpeg')?.hint ?? '', /mienlab setup --only ffmpeg/);
  assert.is(checks.get('node')?.detail, process.versions.node);
  assert.is(checks.get('mienlab')?.detail, packageVersion());
  assert.match(checks.get('cache')?.detail ?? '', /not made yet/);
  assert.match(checks.get('tensor')?.detail ?? '', /^(tensorflow|wasm) on cpu: /);
  assert.match(checks.get('tracking')?.detail ?? '', /is not set/);
  assert.is(code, 3);
});

test('MLFLOW_TRACKING_URI is tried: a server that answers, one that is gone, and what is no server', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('OK');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { PATH: nothing, HOME: folder };
  assert.is((await doctor({ ...env, MLFLOW_TRACKING_URI: `${address}/` })).checks.get('tracking')?.state, 'ok');
  assert.equal(asked, ['/health']);
  server.close();
  server.closeAllConnections();
  const gone = (await doctor({ ...env, MLFLOW_TRACKING_URI: address })).checks.get('tracking');
  assert.is(gone?.state, 'warning');
  assert.match(gone?.detail ?? '', /cannot be reached \(.*ECONNREFUSED/);
  const file = (await doctor({ ...env, MLFLOW_TRACKING_URI: './mlruns' })).checks.get('tracking');
  assert.match(file?.detail ?? '', /which is no server/);
});

test.run();
