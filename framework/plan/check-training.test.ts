import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Placed } from '../config/load-settings.js';
import { settingsConvict, type Settings } from '../config/settings-schema.js';
import { Fault, FaultList } from '../faults/index.js';
import { checkTraining } from './check-training.js';

const placed: Placed = {
  fault: (path, code, message, details) => new Fault(code, message, { key: path.join('.'), ...details }),
  choiceFault: (key, code, message, details) => new Fault(code, message, { key, ...details }),
  choices: {},
};

function keysOf(train: object): (string | undefined)[] {
  const settings = settingsConvict({}, []);
  settings.load({ train });
  try {
    checkTraining(settings.getProperties() as Settings, placed);
  } catch (error) {
    return (error as FaultList).faults.map(({ details }) => details.key);
  }
  return [];
}

test('settings that do not go together are named where they stand', () => {
  assert.equal(keysOf({}), []);
  assert.equal(keysOf({ optimizer: { nesterov: true } }), ['train.optimizer.nesterov']);
  assert.equal(keysOf({ optimizer: { name: 'sgd', nesterov: true, momentum: 0.9 } }), []);
  assert.equal(keysOf({ batch: 4, accumulate: 5 }), ['train.accumulate']);
  assert.equal(keysOf({ evaluate: { patience: 2, restore: 'best' } }), ['train.evaluate.patience', 'train.evaluate.restore']);
  assert.equal(keysOf({ evaluate: { patience: 2, restore: 'best', every: 5 } }), []);
});

test('a stage is checked with all that it takes from the settings above it', () => {
  const stages = [
    { name: 'a', optimizer: { name: 'adamw' } },
    { name: 'b', batch: 2 },
    { name: 'c', evaluate: { share: 0.3 } },
  ];
  assert.equal(keysOf({ batch: 4, accumulate: 4, optimizer: { name: 'sgd', momentum: 0.9, nesterov: true }, stages }), [
    'train.stages.0.optimizer.nesterov',
    'train.accumulate',
    'train.stages.2.evaluate.share',
  ]);
});

test.run();
