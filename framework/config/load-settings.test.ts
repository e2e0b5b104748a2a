import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { Fault, FaultList } from '../faults/index.js';
import type { Placed } from './load-settings.js';
import { packageRoot } from '../paths.js';
import { loadSettings } from './load-settings.js';
import { blockKeys, settingsConvict } from './settings-schema.js';

const blocks = Object.fromEntries(['data', 'detector', 'tracker', 'encoder', 'projector', 'llm-head'].map((key) => [key, { name: 'x' }]));
const fault: Placed['fault'] = (path, code, message, details) =>
  new Fault(code, message, {
    key: path.join('.'),
    where: { source: 'e.yaml', line: path.length, column: path.join('.').length },
    ...details,
  });
const placed: Placed = { fault, choiceFault: (key, code, message, details) => new Fault(code, message, { key, ...details }), choices: {} };

function faultsOf(config: Record<string, unknown>, env: NodeJS.ProcessEnv = {}) {
  try {
    loadSettings(config, { placed, env });
  } catch (error) {
    if (!(error instanceof FaultList)) throw error;
    return (error as FaultList).faults;
  }
  return [];
}

test('defaults are filled in and blocks pass through', () => {
  const settings = loadSettings({ ...blocks, seed: 3, train: { steps: 5 } }, { placed, env: {} });
  assert.is(settings.seed, 3);
  assert.is(settings.train.steps, 5);
  assert.is(settings.train.batch, 8);
  assert.equal(settings.train.optimizer.betas, [0.9, 0.98]);
  assert.equal(settings.tracker, { name: 'x' });
});

test('environment and arguments set what the schema says', () => {
  const env = { MLFLOW_TRACKING_URI: 'http://127.0.0.1:9' };
  const settings = loadSettings(blocks, { placed, env, args: ['--backend', 'wasm'] });
  assert.is(settings.runlog['tracking-uri'], 'http://127.0.0.1:9');
  assert.is(settings.tensor.backend, 'wasm');
});

test('all faults are collected, each with its place', () => {
  const faults = faultsOf({ ...blocks, seed: '???', trian: {}, video: { frame: 8 }, crop: 3 });
  assert.equal(
    faults.map((fault) => [fault.code, fault.details.key, fault.details.nearest]),
    [
      ['CONFIG_MISSING', 'seed', undefined],
      ['CONFIG_UNKNOWN_KEY', 'trian', 'train'],
      ['CONFIG_UNKNOWN_KEY', 'video.frame', 'frames'],
      ['CONFIG_TYPE', 'crop', undefined],
    ],
  );
  assert.equal(faults[2]!.details.where, { source: 'e.yaml', line: 2, column: 11 });
});

test('types and ranges', () => {
  const faults = faultsOf({ ...blocks, seed: -1, train: { batch: 1.5, optimizer: { betas: [1, 2] } }, cache: 'maybe' });
  assert.equal(faults.map((fault) => fault.details.key).sort(), ['cache', 'seed', 'train.batch', 'train.optimizer.betas']);
  assert.ok(faults.every((fault) => fault.code === 'CONFIG_VALUE'));
  assert.match(faults.find((fault) => fault.details.key === 'seed')!.message, /integer of at least 0, not -1/);
});

test('settings that do not go together', () => {
  const [fault, ...others] = faultsOf({ ...blocks, generate: { beams: 3, temperature: 0.5 } });
  assert.equal([fault!.code, fault!.details.key, others], ['CONFIG_VALUE', 'generate.beams', []]);
  assert.match(fault!.message, 'beam search does not sample');
  assert.is(loadSettings({ ...blocks, generate: { beams: 3, stop: ['x'] } }, { placed, env: {} }).generate.beams, 3);
});

test('a missing choice says how to make it', () => {
  const faults = faultsOf({ ...blocks, tracker: null });
  assert.is(faults[0]!.code, 'CONFIG_MISSING');
  assert.is(faults[0]!.details.hint, 'choose one: tracker=NAME');
});

test('blocks are maps with a name, taken whole', () => {
  const faults = faultsOf({ ...blocks, tracker: { reach: 1 }, encoder: 'tiny-vit' });
  assert.equal(
    faults.map(({ code, details }) => [code, details.key]),
    [
      ['CONFIG_MISSING', 'tracker'],
      ['CONFIG_TYPE', 'encoder'],
    ],
  );
  const settings = loadSettings({ ...blocks, data: { name: 'x', deep: { a: [1] } } }, { placed, env: {} });
  assert.equal(settings.data, { name: 'x', deep: { a: [1] } });
});

test('stages and parts are checked like the settings that they stand for, each with its place', () => {
  const faults = faultsOf({
    ...blocks,
    train: {
      parts: { projector: { 'learning-rte': 1 }, encoder: { 'weight-decay': -1 } },
      stages: [
        { name: 'a', epochs: 2, optimizer: { name: 'sgd' } },
        { name: 'b', epoch: 2 },
        { name: 'c', batch: 0, optimizer: { betas: 3 } },
        { name: 'd', stages: [] },
        { name: 'e', parts: { head: 1 } },
      ],
    },
  });
  assert.equal(
    faults.map(({ code, details }) => [code, details.key, details.nearest]),
    [
      ['CONFIG_UNKNOWN_KEY', 'train.parts.projector.learning-rte', 'learning-rate'],
      ['CONFIG_VALUE', 'train.parts.encoder.weight-decay', undefined],
      ['CONFIG_UNKNOWN_KEY', 'train.stages.1.epoch', 'epochs'],
      ['CONFIG_VALUE', 'train.stages.2.batch', undefined],
      ['CONFIG_VALUE', 'train.stages.2.optimizer.betas', undefined],
      ['CONFIG_UNKNOWN_KEY', 'train.stages.3.stages', undefined],
      ['CONFIG_TYPE', 'train.stages.4.parts.head', undefined],
    ],
  );
  for (const stages of [3, [{ epochs: 2 }], [{ name: 'a' }, { name: 'a' }], [{ name: 'a b' }], [null]]) {
    assert.equal(
      faultsOf({ ...blocks, train: { stages } }).map(({ details }) => details.key),
      ['train.stages'],
    );
  }
  const { train } = loadSettings(
    { ...blocks, train: { stages: [{ name: 'a', steps: 3 }], schedule: { 'warm-up': 0.03 } } },
    { placed, env: {} },
  );
  assert.equal(train.stages, [{ name: 'a', steps: 3 }]);
  for (const warmUp of [1.5, -1, 'x']) assert.is(faultsOf({ ...blocks, train: { schedule: { 'warm-up': warmUp } } }).length, 1);
});

test('experiments/base.yaml says what the schema says', () => {
  const text = readFileSync(join(packageRoot, 'experiments/base.yaml'), 'utf8');
  const { defaults: _, ...base } = parse(text) as Record<string, unknown>;
  const { data, ...defaults } = settingsConvict({}, []).getProperties();
  assert.equal(base['data'], { 'on-error': 'skip' });
  for (const key of blockKeys) delete (defaults as Record<string, unknown>)[key];
  const { metrics, ...rest } = defaults;
  delete base['data'];
  assert.equal(base, rest);
  assert.equal([data, metrics], [null, {}]);
});

test.run();
