import { existsSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultOf } from '../../faults/testing/fault-of.js';
import type { BackendName } from './backend-choice.js';
import { chooseBackend, loadBackend } from './choose-backend.js';
import { addonPath } from './open-tensorflow.js';

/** Which backend `tf` computes with, and what it makes of a product whose value is known. */
async function product(name: BackendName): Promise<[string, number[]]> {
  const tf = await loadBackend({ name });
  const tensor = tf.tidy(() =>
    tf.matMul(
      tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      tf.tensor2d([[5], [7]]),
    ),
  );
  const values = [...(await tensor.data())];
  tensor.dispose();
  return [tf.getBackend(), values];
}

test('wasm and cpu are started by name, compute, and leave no process-wide handlers', async () => {
  const before = process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
  for (const name of ['wasm', 'cpu'] as const) {
    const choice = await chooseBackend({ backend: name });
    assert.is(choice.name, name);
    assert.is(choice.reason, `asked for by tensor.backend=${name}`);
    assert.is(choice.device.kind, 'cpu');
    assert.match(choice.versions['tfjs'] ?? '', /^\d+\.\d+\.\d+$/);
    assert.ok(choice.cost);
    assert.equal(await product(name), [name, [19, 43]]);
  }
  assert.is(process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection'), before);
});

test('auto takes tensorflow where its addon is built, else wasm with the reason and the cost', async () => {
  const choice = await chooseBackend({ backend: 'auto' });
  if (existsSync(addonPath())) {
    assert.is(choice.name, 'tensorflow');
    assert.is(choice.cost, undefined);
    assert.equal(
      choice.tried.map(({ name, ok }) => [name, ok]),
      [['tensorflow', true]],
    );
  } else {
    assert.is(choice.name, 'wasm');
    assert.match(choice.reason, /tensorflow: its addon is not built/);
    assert.match(choice.cost ?? '', /longer/);
  }
  assert.equal(await product(choice.name), [choice.name, [19, 43]]);
});

test('going back to a backend that is already open works', async () => {
  assert.equal(await product('cpu'), ['cpu', [19, 43]]);
  assert.equal(await product('wasm'), ['wasm', [19, 43]]);
});

test('require gpu fails loudly on backends that compute on a CPU', async () => {
  const fault = await faultOf(chooseBackend({ backend: 'wasm', require: 'gpu' }));
  assert.is(fault.code, 'BACKEND_MISSING');
  assert.is(fault.details.key, 'tensor.require');
  assert.match(fault.message, /no tensor backend with a GPU \(wasm: computes on a CPU/);
});

test('a backend that does not exist is named with its nearest', async () => {
  const fault = await faultOf(chooseBackend({ backend: 'wams' as 'wasm' }));
  assert.is(fault.code, 'CONFIG_VALUE');
  assert.is(fault.details.nearest, 'wasm');
});

test.run();
