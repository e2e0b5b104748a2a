import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { manifestConforms, sourceFolder, testContext } from 'mienlab/conformance';
import { defaultConfig } from 'mienlab/plugin';
import { loadNodeLlamaCpp } from './node-llama-cpp.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));

const cache = process.env['MIENLAB_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mienlab');
const file = join(cache, 'smollm2', '0.1.2', 'SmolLM2-135M-Instruct.Q4_1.gguf');
const installed = await loadNodeLlamaCpp().then(
  () => true,
  () => false,
);

test('a missing model is ASSET_MISSING', async () => {
  try {
    await plugin.create(testContext(), { ...defaultConfig(plugin.config), file: '/no/such.gguf' }, { grammar: null });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'ASSET_MISSING');
  }
});

test('a real model answers in the form that is asked for', async () => {
  if (!installed || !existsSync(file)) {
    console.log(`skipped: ${installed ? 'SmolLM2 is not set up' : 'node-llama-cpp is not installed'}`);
    return;
  }
  const judge = await plugin.create(testContext(), { ...defaultConfig(plugin.config), file, threads: 1 }, { grammar: null });
  try {
    const relations = await judge.relations(['The woman smiles.'], 'At first the woman frowns. Then she smiles.');
    assert.is(relations.length, 1);
    assert.ok(judge.usage!().completionTokens > 0);
    const [rating] = await judge.rate!('detail', { question: 'Describe the face.', reference: 'She smiles.', prediction: 'She smiles.' });
    assert.ok(rating! >= 0 && rating! <= 5);
  } finally {
    await judge.dispose();
  }
});

test.run();
