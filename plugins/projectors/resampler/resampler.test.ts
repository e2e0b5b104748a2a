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
projectorConforms(plugin);
projectorConforms(plugin, { over: 'clip', depth: 1, heads: 2, 'time-embedding': true });

// tools/projector-reference.py
const { cases } = JSON.parse(readFileSync(join(folder, 'testing/reference.json'), 'utf8')) as { cases: ProjectorReference[] };
for (const reference of cases) projectorMatches(plugin, reference);

const visual = { type: 'visual-tokens', dims: { time: 8, 'frame-tokens': 48, 'face-tokens': 16, width: 64 } };
const head = (hidden: number) => ({ type: 'llm-head', dims: { hidden } });
const dimsOf = (options: object, hidden = 128) =>
  plugin.produces({ ...defaultConfig(plugin.config), ...options }, { 'visual-tokens': visual, 'llm-head': head(hidden) }).dims;

test('queries are what comes out, for each time step or once', () => {
  assert.equal(dimsOf({ 'frame-queries': 3 }), { tokens: 8 * 7, 'face-tokens': 32, hidden: null });
  assert.equal(dimsOf({ 'frame-queries': 16, over: 'clip' }), { tokens: 20, 'face-tokens': 4, hidden: null });
});

test('heads that do not divide the LLM head’s width are PORT_MISMATCH', () => {
  try {
    dimsOf({ heads: 3 });
    assert.unreachable();
  } catch (error) {
    assert.equal([(error as Fault).code, (error as Fault).details.key], ['PORT_MISMATCH', 'projector.heads']);
  }
});

test.run();
