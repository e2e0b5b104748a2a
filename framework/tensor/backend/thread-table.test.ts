import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodingWork, threadEnvironment } from './thread-table.js';

test('decoding has one thread, training what TensorFlow takes', () => {
  assert.equal(threadEnvironment('decoding'), { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '-1' });
  assert.equal(threadEnvironment('training'), {});
});

test('a process of its own is for small heads with much to say', () => {
  assert.is(decodingWork({ hidden: 128, sequences: 32, steps: 10_000 }), 'decoding');
  assert.is(decodingWork({ hidden: 256, sequences: 8, steps: 10_000 }), 'decoding');
  assert.is(decodingWork({ hidden: 256, sequences: 32, steps: 10_000 }), null, 'two threads are faster');
  assert.is(decodingWork({ hidden: 1024, sequences: 1, steps: 10_000 }), 'row-decoding');
  assert.is(decodingWork({ hidden: 128, sequences: 32, steps: 4 * 96 }), null, 'the quickstart is done before a process has started');
});

test.run();
