import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scalar } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultOf } from '../faults/testing/fault-of.js';
import { seededRandom } from '../plugin/index.js';
import type { SessionBinding } from '../tensor/kernels/native-backend.js';
import { testBackend } from '../tensor/test-backend.js';
import type { Evaluation } from './evaluation-record.js';
import { generateAll } from './generate-all.js';
import { modelVariables, type Model } from './model.js';
import { testAnswers, testModel, testSettings, testSource } from './test-model.js';
import { clearProgress, tune, type TuneInputs } from './tune.js';
import type { TuneStep } from './tune-step.js';
import type { VisualSource } from './visual-source.js';

const data = testSource(10);
const silent = { start: () => ({ done: () => {}, end: () => {} }) };

function inputs(model: Model, changes: Partial<TuneInputs> = {}): TuneInputs & { warnings: string[]; steps: TuneStep[] } {
  const warnings: string[] = [];
  const steps: TuneStep[] = [];
  return {
    model,
    ...data,
    settings: testSettings,
    random: seededRandom(1),
    log: { info: () => {}, warn: (message) => void warnings.push(message) },
    progress: silent,
    signal: new AbortController().signal,
    onStep: (step) => void steps.push(step),
    warnings,
    steps,
    ...changes,
  };
}

function free({ encoder, projector, head }: Model) {
  for (const part of [encoder, projector, head]) part.dispose();
}

const curves: number[][] = [];

for (const backend of ['tensorflow', 'wasm'] as const) {
  test(`a model learns, steps are reported, and no tensor is left behind, on ${backend}`, async () => {
    const tf = await testBackend(backend);
    if (!tf) return;
    const model = testModel(testAnswers);
    const given = inputs(model);
    await tune(given);
    const before = tf.memory().numTensors;
    const again = inputs(model);
    const result = await tune(again);
    assert.is(tf.memory().numTensors, before);
    assert.is(result.steps, 36);
    assert.equal(result.auxiliaryWords, ['blue', 'ends', 'fades', 'glows', 'red', 'stays']);
    const { steps } = given;
    assert.equal(
      steps.map(({ step }) => step),
      Array.from({ length: 36 }, (_, i) => i + 1),
    );
    assert.ok(steps.slice(0, 6).every(({ loss, auxiliary }) => loss === null && auxiliary! > 0));
    assert.ok(steps[6]!.loss! > 0.3 && steps.at(-1)!.loss! < 0.2, `${steps[6]!.loss} to ${steps.at(-1)!.loss}`);
    assert.ok(steps.at(-1)!.auxiliary! < steps[0]!.auxiliary! * 0.8, `${steps[0]!.auxiliary} to ${steps.at(-1)!.auxiliary}`);
    assert.is(steps[6]!.learningRate, 0, 'the schedule begins anew with the captions');
    assert.is(steps[10]!.learningRate, 0.05);
    assert.is(new Set(again.steps.slice(8).map(({ tensors }) => tensors)).size, 1, 'the number of tensors is constant');
    assert.equal([...given.warnings, ...again.warnings], []);
    const curve = steps.map(({ loss, auxiliary }) => (loss ?? 0) + auxiliary!);
    curves.push(curve);
    curve.forEach((value, i) =>
      assert.ok(Math.abs(value - curves[0]![i]!) < 1e-4, `step ${i + 1}: ${value}, on tensorflow ${curves[0]![i]}`),
    );

    const asked = data.samples.map(({ instruction }) => ({ instruction, answer: '' }));
    const options = { maxNewTokens: 9, temperature: 0, topK: 0, topP: 1, seed: 0, batch: 4 };
    const texts = await generateAll(model, data.source, asked, options, silent, new AbortController().signal);
    assert.equal(
      texts,
      data.samples.map(({ answer }) => answer),
    );
    assert.is(tf.memory().numTensors, before);
    free(model);
  });
}

test('the seed settles every loss', async () => {
  if (!(await testBackend('auto'))) return;
  const losses = async (seed: number) => {
    const model = testModel(testAnswers);
    const given = inputs(model, { random: seededRandom(seed) });
    await tune(given);
    free(model);
    return given.steps.map(({ loss, auxiliary }) => [loss, auxiliary]);
  };
  assert.equal(await losses(1), await losses(1));
  assert.not.equal(await losses(1), await losses(2));
});

test('what the next steps and evaluations will ask for is compiled at once', async () => {
  const tf = await testBackend('tensorflow');
  if (!tf) return;
  const backend = tf.backend() as unknown as { binding: SessionBinding };
  const { binding } = backend;
  let graphs = 0;
  const loadSavedModel: SessionBinding['loadSavedModel'] = (...given) => {
    graphs++;
    return binding.loadSavedModel(...given);
  };
  backend.binding = Object.create(binding, { loadSavedModel: { value: loadSavedModel } }) as SessionBinding;
  try {
    const model = testModel(testAnswers);
    const evaluate = { every: 5, from: 'share', share: 0.3, patience: 0, 'min-delta': 0, keep: 1, restore: 'last' } as const;
    // Steps before, steps with captions in two parts, and evaluations of two sizes: five calls.
    const settings = { ...testSettings, engine: 'graph' as const, accumulate: 2, evaluate };
    const given = inputs(model, { settings, held: [0, 1, 2] });
    await tune(given);
    assert.is(given.steps.length, 36);
    assert.is(graphs, 1);
    free(model);
  } finally {
    backend.binding = binding;
  }
});

test('captions without parts: the auxiliary loss is left out and it is said so', async () => {
  if (!(await testBackend('auto'))) return;
  const model = testModel(['red', 'blue']);
  const samples = data.samples.map((_, i) => ({ instruction: 'Which?', answer: i % 2 ? 'blue' : 'red' }));
  const given = inputs(model, { samples });
  const result = await tune(given);
  assert.is(result.steps, 30);
  assert.equal(result.auxiliaryWords, []);
  assert.is(given.warnings.length, 1);
  assert.match(given.warnings[0]!, 'without the auxiliary loss');
  free(model);
});

test('epochs count samples', async () => {
  if (!(await testBackend('auto'))) return;
  const model = testModel(testAnswers);
  const settings = { ...testSettings, steps: undefined, epochs: 2, auxiliary: { ...testSettings.auxiliary, name: 'none' as const } };
  const given = inputs(model, { settings });
  assert.is((await tune(given)).steps, 5);
  assert.ok(given.steps.every(({ loss, auxiliary }) => loss !== null && auxiliary === null));
  free(model);
});

test('a loss that is not finite stops the run and names the clips of its batch', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const model = testModel(testAnswers);
  const { head } = model;
  const broken: Model = { ...model, head: { ...head, loss: (batch, visual) => tf.mul(head.loss(batch, visual), NaN) as Scalar } };
  const settings = { ...testSettings, auxiliary: { ...testSettings.auxiliary, 'steps-before': 0 } };
  const before = tf.memory().numTensors;
  const fault = await faultOf(tune(inputs(broken, { settings })));
  assert.is(fault.code, 'TENSOR_NAN');
  assert.match(fault.message, /at step 1 .*the batch was clip-\d, clip-\d, clip-\d, clip-\d$/);
  assert.is(fault.details.known?.length, 4);
  assert.ok(tf.memory().numTensors <= before + 16, 'what the step made is freed');
  free(model);
});

test('an interruption is a fault and leaves the weights of the last whole step', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const model = testModel(testAnswers);
  const controller = new AbortController();
  const given = inputs(model, { signal: controller.signal, onStep: ({ step }) => void (step === 9 && controller.abort()) });
  const fault = await faultOf(tune(given));
  assert.is(fault.code, 'INTERRUPTED');
  assert.match(fault.message, 'before step 10 of 36');
  const stopped = await faultOf(
    generateAll(
      model,
      data.source,
      data.samples,
      { maxNewTokens: 1, temperature: 0, topK: 0, topP: 1, seed: 0, batch: 4 },
      silent,
      controller.signal,
    ),
  );
  assert.is(stopped.code, 'INTERRUPTED');
  free(model);
});

test('a part that keeps what it makes is warned of once', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const model = testModel(testAnswers);
  const kept: Scalar[] = [];
  const { head } = model;
  const loss: typeof head.loss = (batch, visual) => {
    for (let i = 0; i < 8; i++) kept.push(tf.keep(tf.scalar(i)));
    return head.loss(batch, visual);
  };
  const given = inputs({ ...model, head: { ...head, loss } }, { settings: { ...testSettings, engine: 'eager' } });
  await tune(given);
  assert.is(given.warnings.length, 1);
  assert.match(given.warnings[0]!, 'tensors leak');
  tf.dispose(kept);
  free(model);
});

test('of a batch whose loss is not finite, the sample that is to blame is named', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const model = testModel([...testAnswers, `${testAnswers[1]}!`]);
  const { head } = model;
  const broken: Model = {
    ...model,
    head: {
      ...head,
      // What the head reads of clip 3's answer is no number.
      prepare: (samples, visual) => ({
        ...head.prepare(samples, visual),
        factor: { data: Float32Array.of(samples.some(({ answer }) => answer.endsWith('!')) ? NaN : 1), shape: [] },
      }),
      loss: ({ factor, ...batch }, visual) => tf.mul(head.loss(batch, visual), factor!) as Scalar,
    },
  };
  const samples = data.samples.map((sample, i) => (i === 3 ? { ...sample, answer: `${sample.answer}!` } : sample));
  const settings = { ...testSettings, batch: 10, auxiliary: { ...testSettings.auxiliary, name: 'none' as const } };
  const fault = await faultOf(tune(inputs(broken, { settings, samples })));
  assert.is(fault.code, 'TENSOR_NAN');
  assert.match(fault.message, /; by itself not finite: clip-3 \("At first, it is blue\. .*"\)$/);
  assert.is(fault.details.clip, 'clip-3');
  free(model);
});

const weightsOf = (model: Model) =>
  Object.fromEntries(Object.entries(modelVariables(model)).map(([name, variable]) => [name, [...variable.dataSync()]]));

test('stages follow each other: steps and curves go on, each trains what it says', async () => {
  if (!(await testBackend('auto'))) return;
  const model = testModel(testAnswers);
  const start = weightsOf(model);
  const seen: Record<string, number[]>[] = [];
  const settings: TuneInputs['settings'] = {
    ...testSettings,
    // Weights are looked at between the steps.
    engine: 'eager',
    stages: [
      { name: 'align', steps: 5, trainable: ['projector'], schedule: { name: 'constant', 'warm-up': 0 } },
      {
        name: 'instruct',
        epochs: 2,
        frozen: ['encoder'],
        schedule: { 'warm-up': 0.2 },
        auxiliary: { name: 'none' },
        optimizer: { name: 'sgd', 'learning-rate': 0.2 },
      },
    ],
  };
  const given = inputs(model, { settings });
  const note = given.onStep!;
  given.onStep = (step) => {
    note(step);
    seen.push(weightsOf(model));
  };
  assert.is((await tune(given)).steps, 6 + 5 + 5);
  const { steps } = given;
  assert.equal(
    steps.map(({ step }) => step),
    Array.from({ length: 16 }, (_, i) => i + 1),
  );
  assert.is(steps.map(({ stage }) => stage[0]).join(''), 'aaaaaaaaaaaiiiii');
  assert.is(steps.map(({ loss, auxiliary }) => (loss === null ? 'b' : auxiliary === null ? 'c' : 'x')).join(''), 'bbbbbbxxxxxccccc');
  assert.is(steps.at(-1)!.learningRate < 0.2, true);
  assert.equal(seen[10]!['encoder/weights'], start['encoder/weights']);
  assert.equal(seen[10]!['llm-head/weights'], start['llm-head/weights']);
  assert.not.equal(seen[10]!['projector/weights'], start['projector/weights']);
  assert.equal(seen[15]!['encoder/weights'], start['encoder/weights']);
  assert.not.equal(seen[15]!['llm-head/weights'], start['llm-head/weights']);
  free(model);
});

test('held-out samples are evaluated and never trained on; patience ends a stage, the best weights come back', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-tune-'));
  const model = testModel(testAnswers);
  const prepared: string[] = [];
  const spying: Model = {
    ...model,
    head: {
      ...model.head,
      prepare: (samples, visual) => (prepared.push(samples.map(({ answer }) => answer[0]).join('')), model.head.prepare(samples, visual)),
    },
  };
  // Clips 8 and 9 have the answers of each other: what is learned makes them worse.
  const samples = data.samples.map((sample, i) => ({ ...sample, answer: i < 8 ? sample.answer : testAnswers[(i + 1) % 2]! }));
  const evaluations: Evaluation[] = [];
  const weights: Record<number, ReturnType<typeof weightsOf>> = {};
  const evaluate = { every: 3, from: 'share', share: 0.2, patience: 3, 'min-delta': 0, keep: 2, restore: 'best' } as const;
  const given = inputs(spying, {
    samples,
    held: [8, 9],
    folder,
    settings: {
      ...testSettings,
      engine: 'eager',
      evaluate,
      auxiliary: { ...testSettings.auxiliary, name: 'none' },
      optimizer: { ...testSettings.optimizer, 'learning-rate': 0.02 },
    },
    onEvaluation: (evaluation) => {
      evaluations.push(evaluation);
      weights[evaluation.step] = weightsOf(model);
    },
  });
  const result = await tune(given);
  const losses = evaluations.map(({ loss }) => loss);
  const lowest = evaluations[losses.indexOf(Math.min(...losses))]!;
  assert.is(result.steps, evaluations.at(-1)!.step);
  assert.is(result.steps, lowest.step + 9, `${JSON.stringify(evaluations)}`);
  assert.equal(weightsOf(model), weights[lowest.step]);
  assert.is(prepared.filter((answers) => answers.length === 2).length, evaluations.length);
  const names = [...losses.keys()]
    .sort((a, b) => losses[a]! - losses[b]!)
    .slice(0, 2)
    .map((i) => `tune-step-${evaluations[i]!.step}`);
  assert.equal(readdirSync(join(folder, 'best')).sort(), names.sort());
  rmSync(folder, { recursive: true });
  free(model);
});

test('an interrupted training goes on from its checkpoint, tells all steps again, and ends with the same weights', async () => {
  const tf = await testBackend('tensorflow');
  if (!tf) return;
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-tune-'));
  const evaluate = { every: 4, from: 'share', share: 0.2, patience: 0, 'min-delta': 0, keep: 1, restore: 'last' } as const;
  const settings: TuneInputs['settings'] = {
    ...testSettings,
    accumulate: 2,
    evaluate,
    stages: [
      { name: 'a', steps: 7 },
      { name: 'b', steps: 6 },
    ],
  };
  const told = (steps: readonly TuneStep[]) =>
    steps.map(({ step, stage, loss, auxiliary, gradientNorm, learningRate }) => ({
      step,
      stage,
      loss,
      auxiliary,
      gradientNorm,
      learningRate,
    }));
  const whole = testModel(testAnswers);
  const expected = inputs(whole, { settings, held: [1, 5] });
  await tune(expected);
  const model = testModel(testAnswers);
  // Before the captions, at an evaluation, at the end of a stage, within the next.
  for (const stop of [3, 10, 13, 16]) {
    const controller = new AbortController();
    const given = inputs(model, {
      settings,
      held: [1, 5],
      folder,
      signal: controller.signal,
      onStep: ({ step }) => void (step === stop && controller.abort()),
    });
    assert.match((await faultOf(tune(given))).message, `before step ${stop + 1} of 19`);
    // Weights come from the checkpoint and not from what is left here.
    for (const variable of Object.values(modelVariables(model))) tf.tidy(() => variable.assign(tf.zerosLike(variable)));
  }
  const evaluations: Evaluation[] = [];
  const last = inputs(model, { settings, held: [1, 5], folder, onEvaluation: (evaluation) => void evaluations.push(evaluation) });
  assert.is((await tune(last)).steps, 19);
  assert.equal(told(last.steps), told(expected.steps));
  assert.equal(weightsOf(model), weightsOf(whole));
  assert.equal(
    evaluations.map(({ step }) => step),
    [10, 13, 17, 19],
  );
  clearProgress(folder);
  assert.equal(readdirSync(folder), ['best']);
  rmSync(folder, { recursive: true });
  free(model);
  free(whole);
});

test('no samples is a fault', async () => {
  if (!(await testBackend('auto'))) return;
  const model = testModel(testAnswers);
  assert.is((await faultOf(tune(inputs(model, { samples: [] })))).code, 'DATASET_INVALID');
  free(model);
});

test('a clip with several references gives a sample for each of them', async () => {
  if (!(await testBackend('tensorflow'))) return;
  const { source, samples, clips } = testSource(4);
  const curve = async (changes: Partial<TuneInputs>) => {
    const model = testModel(testAnswers);
    const given = inputs(model, { samples, clips, ...changes });
    await tune(given);
    free(model);
    return given.steps.map(({ loss, auxiliary }) => [loss, auxiliary]);
  };
  const copied: VisualSource = { count: 4, batch: (indices) => source.batch(indices.map((index) => index % 2)) };
  const referred: VisualSource = { ...source, count: 2 };
  assert.equal(await curve({ source: referred, rows: [0, 1, 0, 1] }), await curve({ source: copied, rows: [0, 1, 2, 3] }));
});

test.run();
