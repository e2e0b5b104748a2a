import type { Variable } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../faults/index.js';
import { seededRandom } from '../plugin/index.js';
import { testBackend } from '../tensor/test-backend.js';
import { AuxiliaryLoss } from './auxiliary-loss.js';
import { EagerEngine } from './eager-engine.js';
import { forwardOf } from './forward.js';
import { modelVariables, namedVariables, type Model } from './model.js';
import { StepBatches } from './step-batches.js';
import type { ParameterGroup, StepEngineOptions } from './step-engine.js';
import { testAnswers, testModel, testSettings, testSource } from './test-model.js';
import { trainStages } from './train-stages.js';

const [stage] = trainStages(testSettings);
const data = testSource(7);
// One sample says nothing of parts: micro-batches have different numbers of those that do.
const samples = data.samples.map((sample, i) => (i === 1 ? { ...sample, answer: 'red' } : sample));
const answers = [...testAnswers, 'red'];

function set(changes: Partial<StepEngineOptions> = {}) {
  const model: Model = testModel(answers);
  const words = AuxiliaryLoss.of(
    samples.map(({ answer }) => answer),
    { random: seededRandom(3), hidden: 6, maxShare: 0.5 },
  )!;
  const variables = { ...modelVariables(model), ...namedVariables({ auxiliary: words }) };
  const groups: ParameterGroup[] = [{ variables, learningRate: 1, weightDecay: 0.01 }];
  const batches = new StepBatches({ ...data, samples, head: model.head, sizes: { visual: 3, time: 3 }, words });
  const forward = forwardOf(model, words, stage!.auxiliary);
  const engine = new EagerEngine({ ...stage!, groups, forward, ...changes });
  const free = () => {
    engine.dispose();
    words.dispose();
    for (const part of Object.values(model)) part.dispose();
  };
  return { model, variables, batches, engine, free };
}

async function values(variables: Readonly<Record<string, Variable>>): Promise<Record<string, number[]>> {
  const entries = Object.entries(variables).map(async ([name, variable]) => [name, [...(await variable.data())]] as [string, number[]]);
  return Object.fromEntries(await Promise.all(entries));
}

for (const backend of ['tensorflow', 'wasm', 'webgpu'] as const) {
  test(`micro-batches add up to the batch, on ${backend}`, async () => {
    if (!(await testBackend(backend))) return;
    const whole = set();
    const inParts = set();
    for (const [kind, batch] of [
      ['before', [0, 1, 2, 3, 4]],
      ['captions', [0, 1, 2, 3, 4]],
      ['captions', [5, 6, 1, 2]],
    ] as const) {
      const seed = () => 1;
      const expected = await whole.engine.step(kind, whole.batches.step(kind, batch, 1, seed), [0.05]);
      const parts = inParts.batches.step(kind, batch, 3, seed);
      assert.equal(
        parts.map(({ frames }) => frames!.shape[0]),
        [2, 2, batch.length - 4].filter(Boolean),
      );
      const actual = await inParts.engine.step(kind, parts, [0.05]);
      for (const name of ['caption', 'auxiliary', 'gradientNorm'] as const) {
        assert.ok(Math.abs((actual[name] ?? 0) - (expected[name] ?? 0)) < 2e-6, `${kind} ${name}: ${actual[name]}, not ${expected[name]}`);
      }
    }
    const [expected, actual] = [await values(whole.variables), await values(inParts.variables)];
    for (const [name, numbers] of Object.entries(expected)) {
      numbers.forEach((value, i) => assert.ok(Math.abs(actual[name]![i]! - value) < 2e-4, `${name}: ${actual[name]![i]}, not ${value}`));
    }
    whole.free();
    inParts.free();
  });
}

test('a state that another engine takes over leads to the same weights, bit for bit', async () => {
  for (const backend of ['tensorflow', 'wasm', 'webgpu'] as const) {
    if (!(await testBackend(backend))) continue;
    for (const name of ['adamw', 'sgd'] as const) {
      const optimizer = { ...stage!.optimizer, name, momentum: 0.9, nesterov: true };
      const [one, other] = [set({ optimizer }), set({ optimizer })];
      const step = ({ engine, batches }: typeof one, batch: number[]) =>
        engine.step(
          'captions',
          batches.step('captions', batch, 1, () => 1),
          [0.05],
        );
      await step(one, [0, 1, 2]);
      await step(one, [3, 4, 5]);
      const weights = await values(one.variables);
      for (const [name, variable] of Object.entries(other.variables))
        variable.assign((await testBackend(backend))!.tensor(weights[name]!, variable.shape));
      other.engine.restore(await one.engine.state());
      assert.equal(await step(other, [2, 6, 1]), await step(one, [2, 6, 1]));
      assert.equal(await values(other.variables), await values(one.variables));
      one.free();
      other.free();
    }
  }
});

test('each group has its rate, and what is frozen stays as it is', async () => {
  if (!(await testBackend('auto'))) return;
  const { variables } = set();
  const names = Object.keys(variables);
  assert.equal(names, ['encoder/weights', 'projector/weights', 'llm-head/weights', 'auxiliary/weights', 'auxiliary/bias']);
  const model = testModel(answers);
  const own = modelVariables(model);
  const groups = ['projector/weights', 'llm-head/weights'].map((name) => ({
    ...{ variables: { [name]: own[name]! }, learningRate: 1, weightDecay: 0 },
  }));
  const engine = new EagerEngine({ ...stage!, groups, forward: forwardOf(model, null, stage!.auxiliary) });
  const batches = new StepBatches({ ...data, samples, head: model.head, sizes: { visual: 3, time: 3 }, words: null });
  const before = await values(own);
  await engine.step(
    'captions',
    batches.step('captions', [0, 1, 2, 3], 1, () => 1),
    [0.01, 0],
  );
  const after = await values(own);
  assert.equal(after['encoder/weights'], before['encoder/weights']);
  assert.equal(after['llm-head/weights'], before['llm-head/weights'], 'its rate is 0');
  // Adam's first step is one learning rate long.
  after['projector/weights']!.forEach((value, i) => assert.ok(Math.abs(Math.abs(value - before['projector/weights']![i]!) - 0.01) < 1e-4));
  const { caption } = await engine.losses('evaluation', batches.lookAt('evaluation', [0, 1]).arrays);
  assert.ok(caption! > 0);
  assert.equal(await values(own), after);
  engine.dispose();
  for (const part of Object.values(model)) part.dispose();
});

test('bfloat16 is refused before anything is done', async () => {
  if (!(await testBackend('auto'))) return;
  assert.throws(
    () => set({ precision: 'bf16' }),
    (fault: Fault) => fault.code === 'CONFIG_VALUE' && fault.details.key === 'train.precision',
  );
});

test.run();
