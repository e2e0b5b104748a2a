import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultOf } from '../faults/testing/fault-of.js';
import { readSafetensors, writeSafetensors } from '../tensor/index.js';
import { testBackend } from '../tensor/test-backend.js';
import { loadCheckpoint, readCheckpointState, saveCheckpoint } from './checkpoint.js';
import { modelVariables, type Model } from './model.js';
import { testAnswers, testModel } from './test-model.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-checkpoint-'));
test.after(() => rmSync(folder, { recursive: true }));

const weights = (model: Model) => Object.entries(modelVariables(model)).map(([name, variable]) => [name, [...variable.dataSync()]]);

test('weights and state come back', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const [model, other] = [testModel(testAnswers, 1), testModel(testAnswers, 2)];
  await saveCheckpoint(join(folder, 'whole'), model);
  assert.not.equal(weights(other), weights(model));
  const before = tf.memory().numTensors;
  loadCheckpoint(join(folder, 'whole'), other);
  assert.is(tf.memory().numTensors, before);
  assert.equal(weights(other), weights(model));
  assert.equal(readCheckpointState(join(folder, 'whole')), { answers: testAnswers });
  assert.equal(Object.keys(readSafetensors(join(folder, 'whole', 'model.safetensors')).tensors), [
    'encoder/weights',
    'projector/weights',
    'llm-head/weights',
  ]);
});

test('the first form, whose head had another name, is still read', async () => {
  if (!(await testBackend('auto'))) return;
  const [model, other] = [testModel(testAnswers, 1), testModel(testAnswers, 2)];
  await saveCheckpoint(join(folder, 'first'), model);
  const file = join(folder, 'first', 'model.safetensors');
  const { tensors, metadata } = readSafetensors(file);
  const renamed = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name.replace('llm-head/', 'head/'), tensor]));
  writeSafetensors(file, renamed, { ...metadata, format: 'mienlab-checkpoint-1' });
  loadCheckpoint(join(folder, 'first'), other);
  assert.equal(weights(other), weights(model));
});

test('a checkpoint of another model, or a damaged one, changes nothing', async () => {
  if (!(await testBackend('auto'))) return;
  const model = testModel(testAnswers);
  const before = weights(model);
  await saveCheckpoint(join(folder, 'wide'), testModel([...testAnswers, 'more']));
  const shape = faultOf(() => loadCheckpoint(join(folder, 'wide'), model));
  assert.is(shape.code, 'CHECKPOINT_INVALID');
  assert.match(shape.message, 'tensor "llm-head/weights" is [6, 3], the model needs [6, 2]');

  const file = (name: string) => join(folder, name, 'model.safetensors');
  const { tensors, metadata } = readSafetensors(file('wide'));
  const { 'llm-head/weights': head, ...rest } = tensors;
  writeSafetensors(file('missing'), { ...rest, 'llm-head/weight': head! }, metadata);
  const missing = faultOf(() => loadCheckpoint(join(folder, 'missing'), model));
  assert.match(missing.message, 'no tensor "llm-head/weights"');
  assert.is(missing.details.nearest, 'llm-head/weight');
  const same = { shape: [6, 2], data: new Float32Array(12) };
  writeSafetensors(file('extra'), { ...rest, 'llm-head/weights': same, 'llm-head/bias': head! }, metadata);
  assert.match(faultOf(() => loadCheckpoint(join(folder, 'extra'), model)).message, '"llm-head/bias" has no place');
  writeSafetensors(file('foreign'), tensors);
  assert.match(faultOf(() => loadCheckpoint(join(folder, 'foreign'), model)).message, 'no checkpoint of mienlab');
  writeSafetensors(file('state'), tensors, { ...metadata, 'head-state': '{' });
  assert.match(faultOf(() => readCheckpointState(join(folder, 'state'))).message, 'not JSON');
  truncateSync(file('wide'), 300);
  assert.is(faultOf(() => loadCheckpoint(join(folder, 'wide'), model)).code, 'CHECKPOINT_INVALID');
  assert.is(faultOf(() => loadCheckpoint(join(folder, 'nowhere'), model)).code, 'ASSET_MISSING');
  assert.equal(weights(model), before);
});

test.run();
