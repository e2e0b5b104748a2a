import type { Variable } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../faults/index.js';
import { matches, parameterGroups } from './parameter-groups.js';
import { testSettings } from './test-model.js';
import type { TrainSettings } from './train-settings.js';
import { trainStages } from './train-stages.js';

const names = [
  ...['encoder/patches.weights', 'encoder/blocks.1.norm', 'encoder/blocks.10.norm', 'projector/weights'],
  ...['llm-head/model.layers.0.q_proj.lora_A', 'llm-head/model.norm', 'auxiliary/weights'],
];
const variables = Object.fromEntries(names.map((name) => [name, { name } as Variable]));
const groups = (changes: Partial<TrainSettings>) =>
  parameterGroups(variables, trainStages({ ...testSettings, ...changes })[0]!).map(({ variables, learningRate, weightDecay }) => [
    learningRate,
    weightDecay,
    ...Object.keys(variables),
  ]);

test('a pattern means names, their beginnings up to a dot or slash, and * anything', () => {
  const meant = (pattern: string) => names.filter((name) => matches(pattern, name));
  assert.equal(meant('encoder'), names.slice(0, 3));
  assert.equal(meant('encoder/blocks.1'), ['encoder/blocks.1.norm']);
  assert.equal(meant('encoder/blocks.*'), ['encoder/blocks.1.norm', 'encoder/blocks.10.norm']);
  assert.equal(meant('llm-head/model.layers.0.*'), ['llm-head/model.layers.0.q_proj.lora_A']);
  assert.equal(meant('*norm'), ['encoder/blocks.1.norm', 'encoder/blocks.10.norm', 'llm-head/model.norm']);
  assert.equal(meant('*.lora_A'), ['llm-head/model.layers.0.q_proj.lora_A']);
  assert.equal(meant('*'), names);
  assert.equal(meant('enc'), []);
  assert.equal(meant('encoder/patches+weights'), []);
});

test('without settings of its own all is one group in the given order', () => {
  assert.equal(groups({}), [[0.05, 0.01, ...names]]);
});

test('parts have rates of their own, the last pattern wins', () => {
  assert.equal(groups({ parts: { encoder: { 'learning-rate': 1e-4 }, '*norm': { 'weight-decay': 0 } } }), [
    [1e-4, 0.01, 'encoder/patches.weights'],
    [0.05, 0, 'encoder/blocks.1.norm', 'encoder/blocks.10.norm', 'llm-head/model.norm'],
    [0.05, 0.01, 'projector/weights', 'llm-head/model.layers.0.q_proj.lora_A', 'auxiliary/weights'],
  ]);
});

test('what is not trainable, or frozen, is in no group; the auxiliary loss always is', () => {
  assert.equal(groups({ trainable: ['projector'] }), [[0.05, 0.01, 'projector/weights', 'auxiliary/weights']]);
  assert.equal(groups({ frozen: ['encoder/blocks.1', 'llm-head'] }), [
    [0.05, 0.01, 'encoder/patches.weights', 'encoder/blocks.10.norm', 'projector/weights', 'auxiliary/weights'],
  ]);
});

test('a pattern that means nothing, and a stage that trains nothing, are faults', () => {
  const refused = (changes: Partial<TrainSettings>): Fault => {
    try {
      groups(changes);
    } catch (error) {
      return error as Fault;
    }
    throw new Error('there was no fault');
  };
  const near = refused({ frozen: ['projecter'] });
  assert.is(near.code, 'CONFIG_VALUE');
  assert.is(near.details.key, 'train.frozen');
  assert.is(near.details.nearest, 'projector');
  assert.is(refused({ parts: { 'llm-head/model.layer': {} } }).details.nearest, 'llm-head/model.layers');
  assert.match(refused({ frozen: ['*'] }).message, 'trains nothing');
  const withoutEncoder = Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('encoder/')));
  const [stage] = trainStages({ ...testSettings, frozen: ['encoder'] });
  assert.is(parameterGroups(withoutEncoder, stage!).length, 1, 'a part without variables may be frozen');
});

test.run();
