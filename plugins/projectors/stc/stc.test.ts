import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { manifestConforms, projectorConforms, projectorMatches, sourceFolder, type ProjectorReference } from 'mienlab/conformance';
import plugin from './plugin.js';

const folder = sourceFolder(import.meta.url);
manifestConforms(plugin, folder);
projectorConforms(plugin, { 'frame-stride': [3, 2, 1], 'face-stride': [3, 1, 2], depth: 1 });
projectorConforms(plugin, { remainder: 'drop', depth: 0, 'time-embedding': true });

// tools/projector-reference.py
const { cases } = JSON.parse(readFileSync(join(folder, 'testing/reference.json'), 'utf8')) as { cases: ProjectorReference[] };
for (const reference of cases) projectorMatches(plugin, reference);

/** 27 x 27 patches a frame, as SigLIP has them at 384 pixels. */
const visual = { type: 'visual-tokens', dims: { time: 16, 'frame-tokens': 729, 'face-tokens': 196, width: 1152 } };
const dimsOf = (options: object, dims: object = {}) =>
  plugin.produces({ ...defaultConfig(plugin.config), ...options }, { 'visual-tokens': { ...visual, dims: { ...visual.dims, ...dims } } })
    .dims;

function faultOf(options: object, dims: object = {}): Fault {
  try {
    dimsOf(options, dims);
  } catch (error) {
    return error as Fault;
  }
  throw new Error('nothing was thrown');
}

test('VideoLLaMA2.1 makes 1352 tokens of 16 frames of 27 x 27 patches', () => {
  assert.equal(dimsOf({ remainder: 'drop' }, { 'face-tokens': 0 }), { tokens: 8 * 13 * 13, 'face-tokens': 0, hidden: null });
  assert.equal(dimsOf({ 'frame-stride': [4, 3, 3] }), { tokens: 4 * 81 + 8 * 49, 'face-tokens': 392, hidden: null });
});

test('a stride that does not fit is named with what does', () => {
  const rows = faultOf({});
  assert.equal([rows.code, rows.details.key, rows.details.expected], ['PORT_MISMATCH', 'projector.frame-stride', 'a divisor of 27']);
  const time = faultOf({ 'frame-stride': [16, 27, 1], 'face-stride': [17, 2, 2] });
  assert.equal([time.details.key, time.details.expected], ['projector.face-stride', 'at most 16']);
  assert.match(faultOf({}, { 'frame-tokens': 50 }).message, /no grid/);
});

test.run();
