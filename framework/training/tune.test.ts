import type { Scalar } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../faults/index.js';
import { seededRandom } from '../plugin/index.js';
import { testBackend } from '../tensor/test-backend.js';
import { generateAll } from './generate-all.js';
import type { Model } from './model.js';
import { testAnswers, testModel, testSettings, testSource } from './test-model.js';
import { tune, type TuneInputs, type TuneStep } from './tune.js';

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

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, Fault);
    return error as Fault;
  }
  throw new Error('there was no fault');
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

test('no samples is a fault', async () => {
  if (!(await testBackend('auto'))) return;
  const model = testModel(testAnswers);
  assert.is((await faultOf(tune(inputs(model, { samples: [] })))).code, 'DATASET_INVALID');
  free(model);
});

test('a clip with several references gives a sample for each of them', async () => {
  if (!(await testBackend('tensorflow'))) return;
  const { source, samples, clips } = testSource(4);
  const twice = (pixels: Uint8Array) => new Uint8Array([...pixels.slice(0, pixels.length / 2), ...pixels.slice(0, pixels.length / 2)]);
  const curve = async (changes: Partial<TuneInputs>) => {
    const model = testModel(testAnswers);
    const given = inputs(model, { samples, clips, ...changes });
    await tune(given);
    free(model);
    return given.steps.map(({ loss, auxiliary }) => [loss, auxiliary]);
  };
  const copied = { ...source, frames: { ...source.frames, data: twice(source.frames.data) } };
  const referred = { ...source, count: 2, frames: { ...source.frames, data: source.frames.data.slice(0, source.frames.data.length / 2) } };
  assert.equal(await curve({ source: referred, rows: [0, 1, 0, 1] }), await curve({ source: copied, rows: [0, 1, 2, 3] }));
});

test.run();
