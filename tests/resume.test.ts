import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../framework/plugin/index.js';
import { testBackend } from '../framework/tensor/test-backend.js';
import { freshFolder, startMienlab } from './mienlab.js';

// Everything that a training keeps: two stages, two groups, micro-batches, evaluations, what was best.
const experiment = `
defaults: [base, _self_]
name: resumed
data: { train: 12, test: 3 }
video: { frames: 3 }
encoder: { width: 16, heads: 2, layers: 1 }
projector: { inner: 16 }
llm-head: { width: 32, heads: 2, layers: 1, vocabulary: 300 }
train:
  steps: 45
  batch: 4
  checkpoint-every: 2
  auxiliary: { name: caption-words, steps-before: 4 }
  parts: { 'llm-head/*norm*': { weight-decay: 0 } }
  schedule: { warm-up: 0.1 }
  evaluate: { every: 6, keep: 2, restore: best, share: 0.2 }
  stages:
    - { name: align, steps: 16, trainable: [projector], optimizer: { name: sgd, momentum: 0.9, learning-rate: 0.05 } }
    - { name: instruct, accumulate: 2 }
generate: { max-new-tokens: 4 }
compare: { resamples: 100, samples: 0 }

`;
const home = freshFolder();
mkdirSync(join(home, 'experiments'));
const file = join(home, 'experiments', 'resumed.yaml');
writeFileSync(file, experiment);
test.after(() => rmSync(home, { recursive: true, force: true }));

const start = (folder: string, backend: string) =>
  startMienlab(['run', file, '--backend', backend, 'tracker=none', 'metrics=rouge-l'], folder);
const only = (folder: string) => join(folder, readdirSync(folder)[0]!);
const tuneFolder = (folder: string) => only(join(folder, '.mienlab/cache/tune'));
const newest = (folder: string) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.safetensors'))
        .map((name) => Number(/\d+/.exec(name)![0]))
        .sort((a, b) => b - a)
    : [];

/** All curves, and the bytes of the weights. */
function outcome(folder: string) {
  const tuned = tuneFolder(folder);
  return {
    trained: JSON.parse(readFileSync(join(tuned, 'trained.json'), 'utf8')) as { curves: Record<string, [number, number][]> },
    weights: readFileSync(join(tuned, 'model.safetensors')).toString('base64'),
    best: readdirSync(join(tuned, 'best')).sort(),
    left: existsSync(join(tuned, 'steps')),
  };
}

/** Starts a run and ends it by a signal, some time after the tuning began. What it said; null where it was done before. */
async function ended(folder: string, backend: string, signal: NodeJS.Signals, milliseconds: number): Promise<string | null> {
  const { child, finished } = start(folder, backend);
  let said = '';
  const tuning = new Promise<void>((resolve) => child.stderr!.on('data', (data) => /tune/.test((said += data)) && resolve()));
  await Promise.race([tuning, finished]);
  await wait(milliseconds);
  child.kill(signal);
  const { code, stderr } = await finished;
  if (code === 0) return null;
  assert.is(code, signal === 'SIGKILL' ? null : 130, stderr);
  return stderr;
}

for (const [backend, longest] of [
  ['tensorflow', 1200],
  ['wasm', 2500],
] as const) {
  test(`a run that was killed goes on and has the same losses and weights, bit for bit, on ${backend}`, async () => {
    if (!(await testBackend(backend))) return;
    const [whole, broken] = ['whole', 'broken'].map((name) => join(home, `${backend}-${name}`)) as [string, string];
    mkdirSync(whole);
    const first = await start(whole, backend).finished;
    assert.is(first.code, 0, first.stderr);
    cpSync(whole, broken, { recursive: true });
    for (const stage of ['tune', 'generate']) rmSync(join(broken, '.mienlab/cache', stage), { recursive: true });

    const random = seededRandom(Date.now() % 1e6);
    let interrupted = 0;
    for (const signal of ['SIGKILL', 'SIGINT', 'SIGKILL'] as const) {
      if ((await ended(broken, backend, signal, random.integer(longest))) === null) break;
      interrupted++;
      const steps = join(tuneFolder(broken), 'steps');
      const kept = newest(steps);
      // The newest of two is damaged, as by a full disk: the one before it is taken.
      if (signal === 'SIGINT' && kept.length === 2) truncateSync(join(steps, `step-${kept[0]}.safetensors`), 900);
    }
    assert.ok(interrupted > 0, 'at least one signal came in time');
    const { code, stderr } = await start(broken, backend).finished;
    assert.is(code, 0, stderr);

    const [expected, actual] = [outcome(whole), outcome(broken)];
    console.log(`${backend}: ${interrupted} interruptions; ${/tuning goes on.*/.exec(stderr)?.[0] ?? 'no checkpoint was there yet'}`);
    for (const [name, points] of Object.entries(expected.trained.curves)) assert.equal(actual.trained.curves[name], points, name);
    assert.is(expected.trained.curves['train loss']!.length, 16 + 45);
    assert.is(expected.trained.curves['held-out loss']!.length, 3 + 8);
    assert.ok(actual.weights === expected.weights, 'the same weights');
    assert.equal(actual.best, expected.best);
    assert.is(actual.best.length, 4);
    assert.not(actual.left);
  });
}

test.run();
