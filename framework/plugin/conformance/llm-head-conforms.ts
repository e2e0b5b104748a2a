import type { Tensor3D } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GenerateOptions, InstructionSample, LlmHead, PluginConfig, PluginManifest, Port } from '../../contracts/index.js';
import { tensorflow, tidy, toTensors } from '../../tensor/index.js';
import { defaultConfig } from '../default-config.js';
import { assertNoLeak, copyWeights, gradientSizes, weightsOf, withBackend } from './model-part-conforms.js';
import { testContext } from './test-context.js';

const tokens = 4;
const samples: readonly InstructionSample[] = [
  { instruction: 'Describe the face.', answer: 'At first, she smiles.' },
  { instruction: 'What happens?', answer: 'He frowns, then looks up and closes both eyes.' },
];
const greedy: GenerateOptions = { maxNewTokens: 6, temperature: 0, topK: 0, topP: 1, seed: 1 };

/**
 * Registers the tests that every LLM head must pass: a finite loss on the answers alone, gradients for every variable and the visual
 * embeddings, generation that the seed settles, no leaks, and a state that brings the same head back.
 */
export function llmHeadConforms(plugin: PluginManifest<'llm-head'>, overrides: PluginConfig = {}): void {
  const config = { ...defaultConfig(plugin.config), ...overrides };
  const { hidden, contextLength } = plugin.limits!(config);
  const embeddings: Port = { type: 'embeddings', dims: { tokens, hidden } };
  const corpus = samples.flatMap(({ instruction, answer }) => [instruction, answer]);
  const make = (seed: number, state?: unknown): Promise<LlmHead> | LlmHead =>
    plugin.create(testContext(seed), config, { ports: { embeddings }, corpus, state });
  const visual = (seed = 1) => tensorflow().randomNormal([samples.length, tokens, hidden], 0, 1, 'float32', seed) as Tensor3D;
  const lossOf = (head: LlmHead, of: readonly InstructionSample[], seen: Tensor3D) =>
    tidy(() => head.loss(toTensors(head.prepare(of, seen.shape[1])), seen));
  const valueOf = (head: LlmHead, of: readonly InstructionSample[], seen: Tensor3D) => tidy(() => lossOf(head, of, seen).dataSync()[0]!);

  test(`llm-head ${plugin.name}: gives captions and says its limits`, () => {
    assert.is(plugin.produces(config, { embeddings }).type, 'captions');
    assert.ok(contextLength > tokens && hidden > 0);
  });

  test(`llm-head ${plugin.name}: the loss is a mean over answer tokens and moves with every variable and with what is seen`, async () => {
    await withBackend();
    const tf = tensorflow();
    const head = await make(1);
    const seen = visual();
    const loss = valueOf(head, samples, seen);
    assert.ok(loss > 0 && Number.isFinite(loss), `loss ${loss}`);
    const [first, second] = samples.map((sample, i) => tidy(() => valueOf(head, [sample], tf.slice(seen, [i, 0, 0], [1, tokens, hidden]))));
    const [m, n] = samples.map((sample) => head.answerTokens(head.prepare([sample], tokens)));
    assert.is(head.answerTokens(head.prepare(samples, tokens)), m! + n!);
    const weighed = (m! * first! + n! * second!) / (m! + n!);
    assert.ok(
      Math.abs(loss - weighed) < 1e-4 * loss,
      `${loss} is not the mean ${weighed} of ${m} tokens of ${first} and ${n} of ${second}`,
    );
    const sizes = gradientSizes(head, () => lossOf(head, samples, seen));
    for (const [name, largest] of Object.entries(sizes)) assert.ok(largest > 0, `variable ${name} gets gradient ${largest}`);
    const moved = tidy(() => tf.max(tf.abs(tf.grad((x) => lossOf(head, samples, x as Tensor3D))(seen))).dataSync()[0]!);
    assert.ok(moved > 0, 'the visual embeddings get no gradient');
    await assertNoLeak(() => lossOf(head, samples, seen));
    tf.dispose(seen);
    head.dispose();
  });

  test(`llm-head ${plugin.name}: earlier turns are seen, and learnt only where they are to be`, async () => {
    await withBackend();
    const head = await make(1);
    const [{ instruction, answer }, last] = samples as [InstructionSample, InstructionSample];
    const talk = { ...last, earlier: [{ instruction, answer }] };
    const all: InstructionSample = { ...talk, learn: 'all-answers' };
    const count = (sample: InstructionSample) => head.answerTokens(head.prepare([sample], tokens));
    assert.is(count(talk), count(last));
    assert.is(count(all), count(last) + count({ instruction, answer }));
    const seen = tidy(() => tensorflow().slice(visual(), [0, 0, 0], [1, tokens, hidden]));
    const [alone, after, both] = [last, talk, all].map((sample) => valueOf(head, [sample], seen));
    assert.ok(alone !== after && after !== both, `losses ${alone}, ${after}, ${both}`);
    assert.is((await head.generate([{ ...talk, answer: '' }], seen, greedy)).length, 1);
    tensorflow().dispose(seen);
    head.dispose();
  });

  test(`llm-head ${plugin.name}: generates one text a sample, the same for the same seed, and leaves nothing behind`, async () => {
    await withBackend();
    const head = await make(1);
    const seen = visual();
    const texts = await head.generate(samples, seen, greedy);
    assert.is(texts.length, samples.length);
    assert.equal(await head.generate(samples, seen, greedy), texts);
    const drawn = { ...greedy, temperature: 1, topK: 40, topP: 0.95 };
    assert.equal(await head.generate(samples, seen, drawn), await head.generate(samples, seen, drawn));
    for (const options of [greedy, { ...greedy, beams: 2 }]) {
      await assertNoLeak(async () => {
        await head.generate(samples, seen, options);
        return [];
      });
    }
    tensorflow().dispose(seen);
    head.dispose();
  });

  test(`llm-head ${plugin.name}: answers do not depend on the batch, and obey repetition penalty, beams and stop strings`, async () => {
    await withBackend();
    const tf = tensorflow();
    const head = await make(1);
    const seen = visual();
    const named = samples.map((sample, i) => ({ ...sample, clip: `clip ${i}` }));
    for (const change of [{}, { temperature: 1 }, { repetitionPenalty: 1.3 }, { beams: 3 }]) {
      const together = await head.generate(named, seen, { ...greedy, ...change });
      assert.is(together.length, samples.length);
      for (const [i, sample] of named.entries()) {
        const alone = tf.slice(seen, [i, 0, 0], [1, tokens, hidden]);
        assert.equal(await head.generate([sample], alone, { ...greedy, ...change }), [together[i]], JSON.stringify(change));
        alone.dispose();
      }
    }
    const texts = await head.generate(samples, seen, greedy);
    for (const text of texts.filter(Boolean)) {
      const stop = text.slice(Math.floor(text.length / 2));
      const stopped = await head.generate(samples, seen, { ...greedy, stop: [stop] });
      assert.is(stopped[texts.indexOf(text)]!.trim(), text.slice(0, text.indexOf(stop)).trim());
    }
    tf.dispose(seen);
    head.dispose();
  });

  test(`llm-head ${plugin.name}: its state (as JSON) and its weights bring it back, whatever the corpus`, async () => {
    await withBackend();
    const head = await make(1);
    const state = JSON.parse(JSON.stringify(head.state() ?? null)) as unknown;
    const back = await plugin.create(testContext(2), config, { ports: { embeddings }, corpus: [], state });
    assert.equal(back.state(), head.state());
    copyWeights(head, back);
    assert.equal(weightsOf(back), weightsOf(head));
    const seen = visual();
    assert.is(valueOf(back, samples, seen), valueOf(head, samples, seen));
    tensorflow().dispose(seen);
    head.dispose();
    back.dispose();
  });
}
