import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from 'mienlab/faults';
import { ByteBpe } from './byte-bpe.js';
import { tokenize, trainingBatch } from './text-batch.js';

const end = 256;

test('only answers and their end are predicted, each from the place before it', () => {
  const texts = [
    { prompt: [10, 11], answer: [20, 21, 22] },
    { prompt: [12], answer: [30] },
  ];
  const batch = trainingBatch(texts, 3, end, 64);
  // Eight places: three visual, five of text. Of them the last five predict, from the place of the first prompt's end on.
  assert.equal(batch.ids.shape, [2, 5]);
  assert.equal([...batch.ids.data], [10, 11, 20, 21, 22, 12, 30, end, end, end]);
  assert.equal(batch.labels.shape, [2, 5]);
  assert.equal(batch.weights.shape, [2, 5]);
  const sixth = Math.fround(1 / 6);
  assert.equal([...batch.weights.data], [0, sixth, sixth, sixth, sixth, sixth, sixth, 0, 0, 0]);
  assert.equal([...batch.labels.data], [0, 20, 21, 22, end, 30, end, 0, 0, 0]);
});

test('without a prompt the last visual embedding predicts the first token', () => {
  const batch = trainingBatch([{ prompt: [], answer: [1] }], 2, end, 64);
  assert.equal(batch.ids.shape, [1, 6]);
  assert.equal(batch.labels.shape, [1, 7]);
  assert.equal([...batch.labels.data.subarray(0, 2)], [1, end]);
});

test('lengths come in eights, up to the context', () => {
  const text = (context: number) => trainingBatch([{ prompt: [1], answer: Array<number>(8).fill(2) }], 8, end, context).ids.shape[1];
  assert.is(text(64), 24 - 8);
  assert.is(text(18), 18 - 8);
});

test('what is too long for the context is a fault that names the sample', () => {
  try {
    trainingBatch(
      [
        { prompt: [1], answer: [2] },
        { prompt: [1], answer: Array<number>(30).fill(2) },
      ],
      4,
      end,
      32,
    );
    assert.unreachable();
  } catch (error) {
    assert.instance(error, Fault);
    assert.is((error as Fault).code, 'TENSOR_SHAPE');
    assert.match((error as Fault).message, 'sample 1 has 4 visual embeddings and 32 text tokens, context-length is 32');
  }
});

test('the template takes instructions literally', () => {
  const bpe = ByteBpe.train([], 256);
  const { prompt, answer } = tokenize({ instruction: "Say $& and $1 and '$$'", answer: 'ok' }, bpe, '<{instruction}>\n');
  assert.is(bpe.decode(prompt), "<Say $& and $1 and '$$'>\n");
  assert.is(bpe.decode(answer), 'ok');
});

test.run();
