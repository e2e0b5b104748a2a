import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { testBackend } from '../tensor/test-backend.js';
import { checkKernels } from './check-kernels.js';

const tf = await testBackend('wasm');

/** A plan of two plugins that need these kernels. */
function planOf(detector: string[], metric: string[]): RunPlan {
  const part = (kind: string, name: string, kernels: string[]) => ({ manifest: { kind, name, kernels }, config: {} });
  return {
    plugins: { detector: part('detector', 'boxes', detector), encoder: part('encoder', 'plain', []) },
    judge: null,
    metrics: [part('metric', 'sharp', metric)],
  } as unknown as RunPlan;
}

test('kernels that the backend has pass', () => {
  assert.is(tf?.getBackend(), 'wasm');
  checkKernels([planOf(['FusedConv2D', 'MaxPool'], ['Add'])]);
});

test('those it lacks are named with their plugins, all at once, whatever the number of runs', () => {
  const plan = planOf(['MaxPool', 'Conv2DBackpropFilter'], ['FFT', 'UnsortedSegmentSum']);
  try {
    checkKernels([plan, plan]);
    assert.unreachable();
  } catch (error) {
    const { code, message, details } = error as Fault;
    assert.is(code, 'KERNEL_MISSING');
    assert.is(
      message,
      'the tensor backend wasm lacks kernels: detector boxes needs Conv2DBackpropFilter; metric sharp needs FFT, UnsortedSegmentSum',
    );
    assert.is(details.key, 'tensor.backend');
  }
});

test.run();
