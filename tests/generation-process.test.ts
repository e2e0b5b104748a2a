import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testBackend } from '../framework/tensor/test-backend.js';
import { freshFolder, startMienlab, type Finished } from './mienlab.js';

const experiment = `
defaults: [base, _self_]
name: generated
data: { train: 8, test: 9 }
video: { frames: 3 }
encoder: { width: 16, heads: 2, layers: 1 }
projector: { inner: 16 }
llm-head: { width: 32, heads: 2, layers: 1, vocabulary: 300 }
train: { steps: 4, batch: 4 }
# Drawn tokens: an answer hangs on every bit of its logits.
generate: { max-new-tokens: 24, temperature: 1, top-p: 0.9, batch: 4 }
compare: { resamples: 100, samples: 0 }
`;
const home = freshFolder();
const tuned = join(home, 'tuned');
mkdirSync(tuned, { recursive: true });
const file = join(home, 'generated.yaml');
writeFileSync(file, experiment);
test.after(() => rmSync(home, { recursive: true, force: true }));

const start = (folder: string, ...overrides: string[]) =>
  startMienlab(['run', file, 'tracker=none', 'metrics=rouge-l', ...overrides], folder);

/** A folder in which the model is tuned already and no clip is captioned. */
function tunedFolder(name: string): string {
  const folder = join(home, name);
  cpSync(tuned, folder, { recursive: true });
  rmSync(join(folder, '.mienlab/cache/generate'), { recursive: true, force: true });
  return folder;
}

/** All lines of captions in the store. */
function captions(folder: string): { id: string; value: string }[] {
  const stage = join(folder, '.mienlab/cache/generate');
  const files = existsSync(stage) ? readdirSync(stage).map((key) => join(stage, key, 'records.jsonl')) : [];
  return files
    .filter((path) => existsSync(path))
    .flatMap((path) => readFileSync(path, 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as { id: string; value: string });
}

interface Process {
  pid: number;
  parent: number;
  state: string;
  command: string;
}

function processes(): Process[] {
  const lines = execFileSync('ps', ['-eo', 'pid,ppid,stat,args'], { encoding: 'utf8' }).trim().split('\n').slice(1);
  return lines.map((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line)!;
    return { pid: Number(pid), parent: Number(parent), state: state!, command: command! };
  });
}

/** One that has ended, and that nobody asked for yet, is a zombie. */
const alive = (id: number) => processes().some(({ pid, state }) => pid === id && !state.startsWith('Z'));

/** The generating process of a run, once some captions are there. */
async function generating(run: ReturnType<typeof start>, folder: string): Promise<number> {
  let done = false;
  void run.finished.finally(() => (done = true));
  while (!done && !captions(folder).length) await wait(2);
  const found = processes().find(({ parent, command }) => parent === run.child.pid && /generation-child/.test(command));
  if (!found) throw new Error(`no generating process: ${(await run.finished).stderr}`);
  return found.pid;
}

async function gone(pid: number): Promise<void> {
  const until = performance.now() + 8000;
  while (alive(pid) && performance.now() < until) await wait(50);
  assert.not(alive(pid), `process ${pid} has ended`);
}

/** So much to write that a signal comes before the end. */
const long = ['generate.max-new-tokens=120', 'generate.batch=1', 'generate.process=own'];
const usable = (await testBackend('tensorflow')) && process.platform !== 'win32';

test('captions are the same from a process of its own as from the run’s', async () => {
  if (!usable) return;
  const first = await start(tuned, 'generate.process=same').finished;
  assert.is(first.code, 0, first.stderr);
  const folder = tunedFolder('own');
  const own = await start(folder, 'generate.process=own').finished;
  assert.is(own.code, 0, own.stderr);
  assert.match(own.stderr, /generate {2}9 in/);
  assert.not.match(own.stderr, /tune|own process/);
  assert.is(captions(tuned).length, 9);
  assert.equal(captions(folder), captions(tuned));
  assert.ok(new Set(captions(folder).map(({ value }) => value)).size > 1);
});

test('a setting that asks for a process where the backend has no use for one is told of', async () => {
  if (!usable) return;
  const { code, stderr } = await start(join(home, 'tuned'), '--backend', 'wasm', 'generate.process=own').finished;
  assert.is(code, 0, stderr);
  assert.match(stderr, /captions are generated in the run's own process: the backend wasm has no thread settings/);
});

test('a generating process that is killed leaves a fault that names the stage, and the captions it has written', async () => {
  if (!usable) return;
  const folder = tunedFolder('killed');
  const run = start(folder, ...long);
  const pid = await generating(run, folder);
  process.kill(pid, 'SIGKILL');
  const { code, stderr }: Finished = await run.finished;
  assert.is(code, 1, stderr);
  assert.match(stderr, /RUN_FAILED/);
  const written = captions(folder);
  assert.match(stderr, new RegExp(`generate: its process ended by SIGKILL after ${written.length} of 9 clips`));
  assert.ok(written.length > 0 && written.length < 9, `${written.length} captions`);
  await gone(pid);

  const again = await start(folder, ...long).finished;
  assert.is(again.code, 0, again.stderr);
  assert.match(again.stderr, new RegExp(`generate {2}${9 - written.length} in`));
  assert.equal(captions(folder).slice(0, written.length), written);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGKILL', null],
] as const) {
  test(`a run that is ended by ${signal} while captions are generated leaves no process`, async () => {
    if (!usable) return;
    const folder = tunedFolder(signal);
    const run = start(folder, ...long);
    const pid = await generating(run, folder);
    run.child.kill(signal);
    const finished = await run.finished;
    assert.is(finished.code, code, finished.stderr);
    if (signal === 'SIGINT') assert.match(finished.stderr, /INTERRUPTED/);
    await gone(pid);
    assert.ok(captions(folder).length > 0);
  });
}

test.run();
