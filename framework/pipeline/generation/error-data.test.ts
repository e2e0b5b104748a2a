import { deserialize, serialize } from 'node:v8';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, formatError } from '../../faults/index.js';
import { errorData, errorFromData, type ErrorData } from './error-data.js';

/** As between processes. */
const sent = (error: unknown) => errorFromData(deserialize(serialize(errorData(error))) as ErrorData);

test('a fault keeps code, message, details and cause on its way to another process', () => {
  const cause = new Fault('TENSOR_NAN', 'not finite', { tensor: 'x' });
  const where = { source: 'model.safetensors', line: 3 };
  const fault = new Fault('CHECKPOINT_INVALID', 'it is damaged', {
    where,
    clip: 'clip-1',
    known: ['a', 'b'],
    hint: 'copy it again',
    cause,
  });
  const arrived = sent(fault);
  assert.instance(arrived, Fault);
  const { code, message, details, stack } = arrived as Fault;
  assert.equal([code, message, stack], ['CHECKPOINT_INVALID', 'it is damaged', fault.stack]);
  const { cause: causeArrived, ...rest } = details;
  assert.equal(rest, { where, clip: 'clip-1', known: ['a', 'b'], hint: 'copy it again' });
  assert.equal([(causeArrived as Fault).code, (causeArrived as Fault).details], ['TENSOR_NAN', { tensor: 'x' }]);
  assert.is(formatError(arrived), formatError(fault));
});

test('other errors stay errors, and what is none becomes one', () => {
  const error = new TypeError('undefined is not a function');
  const arrived = sent(error);
  assert.not.instance(arrived, Fault);
  assert.equal([arrived.message, arrived.stack], [error.message, error.stack]);
  assert.is(sent('just a text').message, 'just a text');
});

test.run();
