import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testBackend } from 'mienlab/conformance';
import { seededRandom } from 'mienlab/plugin';
import { normalVariable, type DecodeSession } from 'mienlab/tensor';
import { CompiledSession } from './compiled-session.js';
import { DecodeGraph } from './decode-graph.js';
import { Decoder } from './decoder.js';
import type { DecoderSpec } from './decoder-spec.js';
import { DecodeSessions } from './decode-sessions.js';
import { eagerSession } from './eager-session.js';
import { decoderWeightShapes } from './weight-shapes.js';

/** Grouped queries, heads of a size of their own, norms of heads, biases, a window in one layer. */
const spec: DecoderSpec = {
  family: 'qwen3',
  vocabulary: 61,
  hidden: 24,
  inner: 40,
  layers: 3,
  heads: 4,
  keyValueHeads: 2,
  headSize: 8,
  contextLength: 64,
  rope: { theta: 1e4, scaling: { type: 'default' } },
  epsilon: 1e-6,
  headNorm: true,
  bias: { queryKeyValue: true, output: false, mlp: false },
  windows: [null, 4, null],
  tied: true,
  padding: null,
};

function makeDecoder(seed: number): Decoder {
  const random = seededRandom(seed);
  const weights = Object.entries(decoderWeightShapes(spec)).map(([name, shape]) => [name, normalVariable(random.fork(name), shape, 0.4)]);
  return new Decoder(spec, Object.fromEntries(weights));
}

const [length, room] = [6, 12];
const lengths = [6, 3, 1];

function prompts(decoder: Decoder, seed: number) {
  const random = seededRandom(seed);
  const values = Float32Array.from({ length: lengths.length * length * spec.hidden }, () => random.normal());
  return { embeddings: values, lengths, decoder };
}

async function script(session: DecodeSession): Promise<{ best: number[][]; logits: number[][] }> {
  const best: number[][] = [];
  const logits: number[][] = [];
  for (let step = 0; session.room > 0; step++) {
    // Sometimes one is asked for, sometimes the other, sometimes both.
    if (step % 3 !== 1) best.push([...(await session.argmax())]);
    if (step % 3 !== 0) logits.push([...(await session.logits())]);
    if (step === 4) session.reorder(Int32Array.of(2, 0, 0));
    if (step === 5) best.push([...(await session.argmax())]);
    session.append(Int32Array.from(await session.argmax(), (id, row) => (id + row + step) % spec.vocabulary));
  }
  return { best, logits };
}

test('a compiled session is the eager one: left padding, windows, reordering, logits', async () => {
  const tf = await testBackend('tensorflow');
  if (!tf) return;
  const decoder = makeDecoder(1);
  const graph = new DecodeGraph(decoder, { batch: lengths.length, length, capacity: length + room });
  for (const seed of [1, 2]) {
    const given = prompts(decoder, seed);
    const compiled = await script(new CompiledSession(graph, given, spec.vocabulary));
    const embeddings = tf.tensor2d(given.embeddings, [lengths.length * length, spec.hidden]);
    const session = eagerSession(decoder, { embeddings, length, lengths }, room);
    const eager = await script(session);
    session.dispose();
    embeddings.dispose();
    assert.equal(compiled.best, eager.best);
    assert.is(compiled.logits.length, eager.logits.length);
    compiled.logits.forEach((row, step) =>
      row.forEach((value, i) =>
        assert.ok(Math.abs(value - eager.logits[step]![i]!) < 5e-5, `step ${step}: ${value}, eager ${eager.logits[step]![i]}`),
      ),
    );
  }
  const kept = tf.memory().numTensors;
  await script(new CompiledSession(graph, prompts(decoder, 3), spec.vocabulary));
  assert.is(tf.memory().numTensors, kept);
  graph.dispose();
  decoder.dispose();
});

test('a session after a change of weights computes with the new ones', async () => {
  const tf = await testBackend('tensorflow');
  if (!tf) return;
  const decoder = makeDecoder(1);
  const other = makeDecoder(2);
  const sessions = new DecodeSessions(decoder, { info: () => {}, warn: (message) => assert.unreachable(message) });
  const given = prompts(decoder, 5);
  const embeddings = tf.tensor2d(given.embeddings, [lengths.length * length, spec.hidden]);
  const first = await (await sessions.open({ embeddings, length, lengths }, room)).logits();
  assert.equal(await (await sessions.open({ embeddings, length, lengths }, room)).logits(), first);
  for (const [name, variable] of Object.entries(decoder.variables)) variable.assign(other.variables[name]!);
  const changed = await (await sessions.open({ embeddings, length, lengths }, room)).logits();
  const expected = await eagerSession(other, { embeddings, length, lengths }, room).logits();
  changed.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 5e-5, `${value}, expected ${expected[i]}`));
  sessions.dispose();
  embeddings.dispose();
  decoder.dispose();
  other.dispose();
});

test('a full cache is a fault', async () => {
  if (!(await testBackend('tensorflow'))) return;
  const decoder = makeDecoder(1);
  const graph = new DecodeGraph(decoder, { batch: lengths.length, length, capacity: length + 1 });
  const session = new CompiledSession(graph, prompts(decoder, 1), spec.vocabulary);
  session.append(Int32Array.of(1, 2, 3));
  assert.is(session.room, 0);
  assert.throws(() => session.append(Int32Array.of(1, 2, 3)), /the cache is full/);
  graph.dispose();
  decoder.dispose();
});

test.run();
