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
  steps: 20
  batch: 4
  checkpoint-every: 2
  auxiliary: { name: caption-words, steps-before: 4 }
  parts: { 'llm-head/*norm*': { weight-decay: 0 } }
  schedule: { warm-up: 0.1 }
  evaluate: { every: 4, keep: 2, restore: best, share: 0.2 }
  stages:
    - { name: align, steps: 8, trainable: [projector], optimizer: { name: sgd, momentum: 0.9, learning-rate: 0.05 } }
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
const stepsFolder = (folder: string) => {
  const tuned = join(folder, '.mienlab/cache/tune');
  return existsSync(tuned) ? join(only(tuned), 'steps') : tuned;
};
const newest = (folder: string) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.safetensors'))
        .map((name) => Number(/\d+/.exec(name)![0]))
        .sort((a, b) => b - a)
    : [];

/** All curves, and the bytes of the weights. */
function outcome(folder: string) {
  const tuned = only(join(folder, '.mienlab/cache/tune'));
  return {
    trained: JSON.parse(readFileSync(join(tuned, 'trained.json'), 'utf8')) as { curves: Record<string, [number, number][]> },
    weights: readFileSync(join(tuned, 'model.safetensors')).toString('base64'),
    best: readdirSync(join(tuned, 'best')).sort(),
    left: existsSync(join(tuned, 'steps')),
  };
}

/** Starts a run and ends it by a signal, some milliseconds after a checkpoint of that step or a later one was there (0: after the tuning began). */
async function ended(folder: string, backend: string, signal: NodeJS.Signals, step: number, milliseconds: number): Promise<string> {
  const { child, finished } = start(folder, backend);
  let said = '';
  child.stderr!.on('data', (data) => (said += data));
  let done = false;
  void finished.finally(() => (done = true));
  while (!done && !(/tune/.test(said) && (step === 0 || newest(stepsFolder(folder))[0]! >= step))) await wait(5);
  await wait(milliseconds);
  child.kill(signal);
  const { code, stderr } = await finished;
  assert.is(code, signal === 'SIGKILL' ? null : 130, stderr);
  return stderr;
}

for (const backend of ['tensorflow', 'wasm'] as const) {
  test(`a run that was killed goes on and has the same losses and weights, bit for bit, on ${backend}`, async () => {
    if (!(await testBackend(backend))) return;
    const [whole, broken] = ['whole', 'broken'].map((name) => join(home, `${backend}-${name}`)) as [string, string];
    mkdirSync(whole);
    const first = await start(whole, backend).finished;
    assert.is(first.code, 0, first.stderr);
    cpSync(whole, broken, { recursive: true });
    for (const stage of ['tune', 'generate']) rmSync(join(broken, '.mienlab/cache', stage), { recursive: true });

    const random = seededRandom(Date.now() % 1e6);
    const moments: string[] = [];
    let from = 0;
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const step = from + random.integer(13);
      const milliseconds = random.integer(60);
      moments.push(`${signal} ${milliseconds} ms after step ${step}`);
      await ended(broken, backend, signal, step, milliseconds);
      const kept = newest(stepsFolder(broken));
      from = kept[0] ?? 0;
      // What came last is damaged, as by a full disk: the one before it is taken.
      if (signal === 'SIGINT' && kept.length === 2) truncateSync(join(stepsFolder(broken), `step-${from}.safetensors`), 900);
    }
    const { code, stderr } = await start(broken, backend).finished;
    assert.is(code, 0, stderr);

    const [expected, actual] = [outcome(whole), outcome(broken)];
    console.log(`${backend}: ${moments.join(', ')}; ${/tuning goes on.*/.exec(stderr)?.[0] ?? 'no checkpoint was there yet'}`);
    for (const [name, points] of Object.entries(expected.trained.curves)) assert.equal(actual.trained.curves[name], points, name);
    assert.is(expected.trained.curves['train loss']!.length, 8 + 20);
    assert.is(expected.trained.curves['held-out loss']!.length, 2 + 5);
    assert.ok(actual.weights === expected.weights, 'the same weights');
    assert.equal(actual.best, expected.best);
    assert.is(actual.best.length, 2 + 2);
    assert.not(actual.left);
  });
}

test.run();
