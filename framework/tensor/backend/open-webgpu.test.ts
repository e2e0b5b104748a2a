import type { Tensor } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../../faults/index.js';
import { testBackend } from '../test-backend.js';

// On a real device, software or not; `npm run test:webgpu` sets one up where there is none.
const tf = await testBackend('webgpu');
const onDevice = tf ? test : test.skip;

interface Inner {
  device: { limits: { maxStorageBufferBindingSize: number } };
}

async function faultOf(work: () => unknown): Promise<Fault> {
  try {
    await work();
  } catch (error) {
    return error as Fault;
  }
  throw new Error('no fault was thrown');
}

onDevice('sums of any number of tensors are right, and so are their gradients; nothing is left behind', async () => {
  for (const count of [1, 2, 7, 8, 9, 13, 14, 20, 50]) {
    const before = tf!.memory().numTensors;
    const terms = Array.from({ length: count }, (_, i) => tf!.tensor1d([i + 1, -2 * i]));
    const sum = tf!.addN(terms);
    const gradients = tf!.grads((...xs: Tensor[]) => tf!.addN(xs).square().sum())(terms);
    const expected = [(count * (count + 1)) / 2, -count * (count - 1)];
    assert.equal([...(await sum.data())], expected, `${count} terms`);
    for (const gradient of gradients) {
      const values = [...(await gradient.data())];
      assert.equal(
        values,
        expected.map((value) => 2 * value),
        `gradients of ${count} terms`,
      );
    }
    tf!.dispose([...terms, sum, ...gradients]);
    assert.is(tf!.memory().numTensors, before);
  }
  // Through a kernel that runs all of them at once, as the norm of the gradients could.
  const many = Array.from({ length: 33 }, (_, i) => tf!.fill([3], i));
  assert.equal([...(await tf!.concat(many).sum().data())], [(33 * 32 * 3) / 2]);
  tf!.dispose(many);
});

onDevice('what lies on the device alone can only be awaited', async () => {
  // What is small and on the host stays there.
  const host = tf!.tensor1d(Array.from({ length: 5000 }, (_, i) => i));
  assert.is(host.dataSync()[4999], 4999);
  const sum = tf!.add(host, 1);
  assert.match(
    (await faultOf(() => sum.dataSync())).message,
    'can only be awaited; they were asked for at once, after BinaryOpProgram [5000]',
  );
  assert.is((await sum.data())[4999], 5000);
  tf!.dispose([host, sum]);
});

// Last: a device that has refused something is not used again.
onDevice('an operation that the device refuses is a fault of the next read, and names the operation', async () => {
  const { device } = tf!.backend() as unknown as Inner;
  const side = Math.ceil(Math.sqrt(device.limits.maxStorageBufferBindingSize / 4)) + 64;
  const row = tf!.ones([1, side]);
  const grown = tf!.add(row, tf!.zeros([side, 1]));
  const fault = await faultOf(() => tf!.sum(grown).data());
  assert.is(fault.code, 'BACKEND_FAILED');
  assert.match(fault.message, new RegExp(`WebGPU refused .*${side},${side}`));
  assert.is(await faultOf(() => tf!.add(row, 1)), fault);
});

test.run();
