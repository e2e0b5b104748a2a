import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../plugin/index.js';
import { noEvaluations } from './evaluation-record.js';
import { TrainingCheckpoints, type TrainingState } from './training-checkpoints.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-steps-'));
test.after(() => rmSync(folder, { recursive: true }));

const warnings: string[] = [];
const checkpoints = new TrainingCheckpoints(folder, { info: () => {}, warn: (message) => void warnings.push(message) });
const state = (step: number): TrainingState => ({
  progress: {
    stage: 1,
    stageStep: step - 3,
    step,
    next: [2, 0],
    record: noEvaluations,
    steps: [],
    evaluations: [{ step, loss: 0.1 + 0.2 }],
  },
  variables: { 'projector/a': { shape: [2], data: Float32Array.of(step, 0.1) }, 'llm-head/b': { shape: [], data: Float32Array.of(-0) } },
  optimizer: { 'projector/a/m': { shape: [2], data: Float32Array.of(1e-30, 3) } },
});
const file = (step: number) => join(folder, `step-${step}.safetensors`);

test('the newest two are kept, and the newest comes back as it was', () => {
  assert.is(checkpoints.latest(), null);
  for (const step of [9, 10, 11]) checkpoints.save(state(step));
  assert.equal(readdirSync(folder).sort(), ['step-10.safetensors', 'step-11.safetensors']);
  const found = checkpoints.latest()!;
  assert.equal(found.progress, state(11).progress);
  for (const kind of ['variables', 'optimizer'] as const) {
    const plain = (tensors: TrainingState['variables']) =>
      Object.entries(tensors).map(([name, { shape, data }]) => [name, [...shape], [...data].map((value) => Object.is(value, -0) || value)]);
    assert.equal(plain(found[kind]), plain(state(11)[kind]));
  }
  assert.equal(warnings, []);
});

test('any damage to the newest is noticed, and the one before it is taken', () => {
  const whole = readFileSync(file(11));
  const random = seededRandom(5);
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(whole);
    if (round % 3 === 0) {
      writeFileSync(file(11), bytes);
      truncateSync(file(11), random.integer(bytes.length));
    } else {
      // A blank at the header's end may be another one: nothing that is read.
      const at = random.integer(bytes.length);
      const flipped = bytes[at]! ^ (1 << random.integer(8));
      if (bytes[at] === 0x20) continue;
      bytes[at] = flipped;
      writeFileSync(file(11), bytes);
    }
    warnings.length = 0;
    const found = checkpoints.latest()!;
    assert.is(found.progress.step, 10, `round ${round}`);
    assert.is(warnings.length, 1);
  }
  writeFileSync(file(11), whole);
  truncateSync(file(10), 5);
  assert.is(checkpoints.latest()!.progress.step, 11);
  truncateSync(file(11), 100);
  assert.is(checkpoints.latest(), null);
});

test('what a killed process left half-written is removed, what a living one writes is not', () => {
  const left = join(folder, `step-12.safetensors.${2 ** 22 + 7}.part`);
  const others = join(folder, `step-12.safetensors.${process.ppid}.part`);
  for (const path of [left, others]) writeFileSync(path, 'half');
  checkpoints.latest();
  const names = readdirSync(folder);
  assert.not(names.some((name) => left.endsWith(name)));
  assert.ok(names.some((name) => others.endsWith(name)));
});

test.run();
