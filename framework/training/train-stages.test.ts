import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testSettings } from './test-model.js';
import { trainStages } from './train-stages.js';

test('a training without stages is one', () => {
  const [stage, ...more] = trainStages(testSettings);
  assert.is(more.length, 0);
  assert.is(stage!.name, 'tune');
  assert.is(stage!.steps, 30);
  assert.equal(stage!.optimizer, { ...testSettings.optimizer, momentum: 0, nesterov: false });
  assert.equal([stage!.accumulate, stage!.precision, stage!.trainable, stage!.evaluate.every], [1, 'fp32', ['*'], 0]);
});

test('a stage says what differs, map by map', () => {
  const stages = trainStages({
    ...testSettings,
    parts: { encoder: { 'learning-rate': 1 } },
    stages: [
      { name: 'align', epochs: 2, trainable: ['projector'], optimizer: { 'learning-rate': 0.5 }, schedule: { name: 'constant' } },
      { name: 'instruct', parts: { projector: { 'learning-rate': 2 } }, batch: 2 },
    ],
  });
  const [align, instruct] = stages as [(typeof stages)[0], (typeof stages)[0]];
  assert.equal([align.steps, align.epochs, align.batch], [0, 2, 4]);
  assert.equal(align.schedule, { ...testSettings.schedule, name: 'constant' });
  assert.equal([align.optimizer['learning-rate'], align.optimizer.epsilon], [0.5, 1e-8]);
  assert.equal([instruct.steps, instruct.batch, instruct.trainable], [30, 2, ['*']]);
  assert.equal(instruct.parts, { encoder: { 'learning-rate': 1 }, projector: { 'learning-rate': 2 } });
});

test.run();
