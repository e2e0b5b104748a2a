import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodingPays, threadEnvironment } from './thread-table.js';

test('decoding has one thread, training what TensorFlow takes', () => {
  assert.equal(threadEnvironment('decoding'), { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '-1' });
  assert.equal(threadEnvironment('training'), {});
});

test('a process of its own is for small heads with much to say', () => {
  assert.ok(decodingPays({ hidden: 128, sequences: 32, steps: 10_000 }));
  assert.ok(decodingPays({ hidden: 256, sequences: 8, steps: 10_000 }));
  assert.not(decodingPays({ hidden: 256, sequences: 32, steps: 10_000 }), 'two threads are faster');
  assert.not(decodingPays({ hidden: 1024, sequences: 1, steps: 10_000 }));
  assert.not(decodingPays({ hidden: 128, sequences: 32, steps: 4 * 96 }), 'the quickstart is done before a process has started');
});

test.run();
