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

test('several turns: earlier answers stand in the prompt with their ends, and are learnt where they are to be', () => {
  const bpe = ByteBpe.train([], 256);
  const earlier = [{ instruction: 'a?', answer: 'b' }];
  const sample = { system: 'S', earlier, instruction: 'c?', answer: 'dd', learn: 'all-answers' } as const;
  const { prompt, answer, learnt } = tokenize(sample, bpe, '{instruction}\n');
  assert.is(bpe.decode(prompt), 'S\na?\nbc?\n');
  assert.equal(prompt.indexOf(end), 6);
  assert.equal(learnt, [[5, 7]]);
  const batch = trainingBatch([{ prompt, answer, learnt }], 2, end, 64);
  const [b, d] = [98, 100];
  const learntRow = [...batch.weights.data].map((weight, i) => (weight > 0 ? batch.labels.data[i]! : -1));
  // Rows begin with the place before "b"; after "b" and its end come the three bytes of "c?\n".
  assert.equal(learntRow.slice(0, 8), [b, end, -1, -1, -1, d, d, end]);
  assert.is(batch.weights.data[0], Math.fround(1 / 5));
  const last = trainingBatch([tokenize({ ...sample, learn: 'last-answer' }, bpe, '{instruction}\n')], 2, end, 64);
  assert.equal([...last.labels.data].slice(0, 3), [d, d, end]);
  assert.equal([...last.ids.data], [...batch.ids.data]);
});

test.run();
