import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../../faults/index.js';
import { testBackend } from '../test-backend.js';
import type { Tensorflow } from '../tensorflow.js';
import { EagerSession, type CachePlaces, type DecodePass } from './eager-session.js';

const capacity = 5;
const vocabulary = 7;

/** The cache holds the tokens themselves; the logits favour their sum, less where the sequence starts. */
function pass(tf: Tensorflow, keys: number[][], { starts }: CachePlaces): DecodePass {
  const logits = keys.map((row, i) => {
    const sum = row.reduce((total, token) => total + token, 0) - starts[i]!;
    return Array.from({ length: vocabulary }, (_, id) => Number(id === sum % vocabulary));
  });
  const cache = () => tf.tensor4d(keys.flat(), [keys.length, 1, capacity, 1]);
  // Freed with all else that is not given.
  tf.zeros([9]);
  return { logits: tf.tensor2d(logits), caches: [{ keys: cache(), values: cache() }] };
}

function open(tf: Tensorflow): EagerSession {
  return new EagerSession(
    { starts: [0, 1], filled: 2, capacity },
    {
      vocabulary,
      prefill: (places) =>
        pass(
          tf,
          [
            [1, 2, 0, 0, 0],
            [0, 4, 0, 0, 0],
          ],
          places,
        ),
      step: (tokens, places, caches) => {
        const keys = (caches[0]!.keys.reshape([tokens.length, capacity]).arraySync() as number[][]).map((row, i) => {
          row[places.filled] = tokens[i]!;
          return row;
        });
        return pass(tf, keys, places);
      },
    },
  );
}

test('tokens go to their places; rows are followed with their caches, logits and starts', async () => {
  const tf = (await testBackend('cpu'))!;
  const before = tf.memory().numTensors;
  const session = open(tf);
  assert.is(session.room, 3);
  assert.equal([...(await session.argmax())], [3, 3]);
  session.append(Int32Array.of(1, 2));
  assert.equal([...(await session.argmax())], [4, 5]);
  session.reorder(Int32Array.of(1, 1));
  assert.equal([...(await session.argmax())], [5, 5]);
  session.append(Int32Array.of(0, 1));
  assert.equal([...(await session.argmax())], [5, 6]);
  const logits = await session.logits();
  assert.equal([logits.length, logits[5], logits[vocabulary + 6]], [2 * vocabulary, 1, 1]);
  assert.is(session.room, 1);
  session.dispose();
  assert.is(tf.memory().numTensors, before);
});

test('a full cache is a fault, and the session stays what it was', async () => {
  const tf = (await testBackend('cpu'))!;
  const session = open(tf);
  while (session.room > 0) session.append(Int32Array.of(1, 1));
  const best = [...(await session.argmax())];
  try {
    session.append(Int32Array.of(1, 1));
    assert.unreachable();
  } catch (error) {
    assert.is((error as Fault).code, 'TENSOR_SHAPE');
    assert.is((error as Fault).message, 'the cache is full: it holds 5 tokens');
  }
  assert.equal([...(await session.argmax())], best);
  assert.is(session.room, 0);
  session.dispose();
});

test.run();
