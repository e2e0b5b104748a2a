import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor3D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testContext } from '../framework/plugin/conformance/index.js';
import { defaultConfig, seededRandom } from '../framework/plugin/index.js';
import { testBackend } from '../framework/tensor/test-backend.js';
import { CompiledEngine } from '../framework/training/compiled-engine.js';
import { EagerEngine } from '../framework/training/eager-engine.js';
import type { StepEngine, StepEngineOptions } from '../framework/training/step-engine.js';
import { testSettings } from '../framework/training/test-model.js';
import { tinyCheckpoint } from '../plugins/llm-heads/causal-lm/testing/tiny-checkpoint.js';
import plugin from '../plugins/llm-heads/causal-lm/plugin.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-engine-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
tinyCheckpoint(folder);

const samples = ['A man smiles.', 'A woman looks to the left, then she nods.', 'Nothing.'].map((answer) => ({
  instruction: 'What?',
  answer,
}));
const visualTokens = 3;
const hidden = 24;

/** Losses, norms and weights of six steps over two shapes of batches. */
async function trained(lora: Record<string, unknown> | null, make: (options: StepEngineOptions) => StepEngine) {
  const config = { ...defaultConfig(plugin.config), path: folder, lora };
  const ports = { embeddings: { type: 'embeddings', dims: { tokens: visualTokens, hidden } } };
  const head = await plugin.create(testContext(3), config, { ports, corpus: [] });
  const random = seededRandom(8);
  const groups = [{ variables: head.variables, learningRate: 1, weightDecay: 0.01 }];
  const engine = make({
    optimizer: { ...testSettings.optimizer, momentum: 0, nesterov: false },
    clip: 1,
    precision: 'fp32',
    engine: 'auto',
    'check-engine': false,
    groups,
    forward: (_, { visual, ...batch }) => {
      const caption = head.loss(batch, visual as Tensor3D);
      return { caption, auxiliary: null, total: caption };
    },
  });
  const curve: number[] = [];
  for (let step = 0; step < 6; step++) {
    const batch = samples.slice(0, 2 + (step % 2));
    const visual = Float32Array.from({ length: batch.length * visualTokens * hidden }, () => 0.2 * random.normal());
    const arrays = {
      ...head.prepare(batch, visualTokens),
      visual: { data: visual, shape: [batch.length, visualTokens, hidden] },
      seed: { data: Int32Array.of(step), shape: [] },
    };
    const { caption, gradientNorm } = await engine.step('captions', [arrays], [2e-3]);
    curve.push(caption!, gradientNorm);
  }
  await engine.sync();
  const weights = Object.values(head.variables).map((variable) => [...variable.dataSync()]);
  engine.dispose();
  head.dispose();
  return { curve, weights };
}

const lora = { rank: 2, alpha: 4, dropout: 0.3, targets: 'all-linear', layers: [], 'rank-stabilised': false };
for (const [what, options] of [
  ['whole', null],
  ['by LoRA with dropout', lora],
] as const) {
  test(`tuned ${what}, a compiled step of causal-lm is the eager one`, async () => {
    if (!(await testBackend('tensorflow'))) return;
    const eager = await trained(options, (given) => new EagerEngine(given));
    const compiled = await trained(options, (given) => new CompiledEngine(given));
    eager.curve.forEach((value, i) => {
      assert.ok(Math.abs(compiled.curve[i]! - value) < 1e-4 * Math.max(1, value), `${i}: ${compiled.curve[i]}, eager ${value}`);
    });
    // Entries whose gradient is near zero may step either way.
    const off = eager.weights.flatMap((values, i) => values.map((value, j) => Math.abs(compiled.weights[i]![j]! - value)));
    assert.ok(off.filter((value) => value > 1e-4).length < 0.002 * off.length, 'weights');
  });
}

test.run();
