import type { Tensor3D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GenerateOptions, InstructionSample } from 'mienlab/contracts';
import type { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { toTensors } from 'mienlab/tensor';
import { llmHeadConforms, manifestConforms, sourceFolder, testBackend, testContext } from 'mienlab/conformance';
import plugin from './plugin.js';

const small = { width: 16, heads: 2, layers: 2, 'context-length': 96 };
manifestConforms(plugin, sourceFolder(import.meta.url));
llmHeadConforms(plugin, small);

const embeddings = (tokens: number) => ({ type: 'embeddings', dims: { tokens, hidden: 16 } });
const config = { ...defaultConfig(plugin.config), ...small };
const make = (corpus: readonly string[]) => plugin.create(testContext(3), config, { ports: { embeddings: embeddings(4) }, corpus });
const answers = ['A man smiles.', 'A woman looks to the left, then she nods.'];
const greedy: GenerateOptions = { maxNewTokens: 40, temperature: 0, topK: 0, topP: 1, seed: 0 };

test('what does not fit is PORT_MISMATCH before the run', () => {
  for (const [options, tokens, key] of [
    [{ heads: 3 }, 4, 'llm-head.heads'],
    [{}, 95, 'llm-head.context-length'],
  ] as const) {
    try {
      plugin.produces({ ...config, ...options }, { embeddings: embeddings(tokens) });
      assert.unreachable();
    } catch (error) {
      assert.is((error as Fault).code, 'PORT_MISMATCH');
      assert.is((error as Fault).details.key, key);
    }
  }
});

test('the loss and generated texts are the same on every backend', async () => {
  const losses: number[] = [];
  const texts: string[][] = [];
  for (const backend of ['cpu', 'wasm', 'tensorflow'] as const) {
    const tf = await testBackend(backend);
    if (!tf) continue;
    const head = await make(answers);
    const visual = tf.randomNormal([2, 4, 16], 0, 1, 'float32', 1) as Tensor3D;
    const samples = answers.map((answer, i) => ({ instruction: i ? 'Describe the clip.' : 'What?', answer }));
    const loss = head.loss(toTensors(head.prepare(samples, 4)), visual);
    losses.push(loss.dataSync()[0]!);
    texts.push(await head.generate(samples, visual, { ...greedy, maxNewTokens: 8 }));
    tf.dispose([visual, loss]);
    head.dispose();
  }
  for (const loss of losses) assert.ok(Math.abs(loss - losses[0]!) < 1e-4, `${losses}`);
  for (const text of texts) assert.equal(text, texts[0]);
});

test('it learns two answers by heart from what is seen and asked, and says them in batches of any make-up', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const head = await make(answers);
  // The same question about two clips, and a longer one about the first: prompts of different length in one batch.
  const samples: InstructionSample[] = [
    { instruction: 'What?', answer: answers[0]! },
    { instruction: 'What?', answer: answers[1]! },
    { instruction: 'What does the man do in this clip?', answer: answers[1]! },
  ];
  const seen = tf.tidy(() => tf.randomNormal([2, 4, 16], 0, 1, 'float32', 1));
  const visual = tf.tidy(() => tf.gather(seen, tf.tensor1d([0, 1, 0], 'int32'))) as Tensor3D;
  const optimizer = tf.train.adam(0.01);
  const variables = Object.values(head.variables);
  for (let step = 0; step < 120; step++) optimizer.minimize(() => head.loss(toTensors(head.prepare(samples, 4)), visual), false, variables);
  const [loss] = tf.tidy(() => head.loss(toTensors(head.prepare(samples, 4)), visual)).dataSync();
  assert.ok(loss! < 0.05, `loss ${loss}`);
  const asked = samples.map(({ instruction }) => ({ instruction, answer: '' }));
  assert.equal(
    await head.generate(asked, visual, greedy),
    samples.map(({ answer }) => answer),
  );
  for (const [i, sample] of samples.entries()) {
    const one = tf.slice(visual, [i, 0, 0], [1, 4, 16]);
    assert.equal(await head.generate([asked[i]!], one, greedy), [sample.answer]);
    assert.equal(await head.generate([asked[i]!], one, { ...greedy, temperature: 0.2, topP: 0.9 }), [sample.answer]);
    one.dispose();
  }
  assert.equal(await head.generate(asked, visual, { ...greedy, maxNewTokens: 1 }).then((texts) => texts.map((text) => text.length > 0)), [
    true,
    true,
    true,
  ]);
  tf.dispose([seen, visual]);
  optimizer.dispose();
  head.dispose();
});

test('a sample that is too long is a fault that names it', async () => {
  const tf = await testBackend('auto');
  if (!tf) return;
  const head = await make([]);
  const visual = tf.zeros([1, 4, 16]) as Tensor3D;
  try {
    head.prepare([{ instruction: 'x'.repeat(50), answer: 'y'.repeat(50) }], 4);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Fault).code, 'TENSOR_SHAPE');
    assert.match((error as Fault).message, 'sample 0 has 4 visual embeddings and 102 text tokens');
  }
  visual.dispose();
  head.dispose();
});

test.run();
