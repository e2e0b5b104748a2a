import type { TensorInfo } from '@tensorflow/tfjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../../faults/index.js';
import { watchWebGpu, type WatchedBackend } from './webgpu-watch.js';

class MatMulPackedProgram {
  readonly outputShape = [2, 4];
}

/** A backend whose device reports what it is told to, later, as a real one does. */
class FakeBackend implements WatchedBackend {
  readonly values = new Map<object, Float32Array>();
  refuses: string | undefined;
  ran = 0;
  scopes = 0;
  uncaptured: ((event: unknown) => void) | undefined;
  lose!: (info: { reason: string; message: string }) => void;
  readonly device = {
    lost: new Promise<{ reason: string; message: string }>((resolve) => (this.lose = resolve)),
    pushErrorScope: () => void this.scopes++,
    popErrorScope: async () => {
      this.scopes--;
      const message = this.refuses;
      this.refuses = undefined;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return message ? { message } : null;
    },
    addEventListener: (_: string, listener: (event: unknown) => void) => void (this.uncaptured = listener),
  };
  readonly tensorMap = { get: (id: object) => ({ values: this.values.get(id), dtype: 'float32' }) };
  runWebGPUProgram(_program: object, _inputs: TensorInfo[]): TensorInfo {
    this.ran++;
    return { dataId: {}, shape: [2, 4], dtype: 'float32' };
  }
  submitQueue(): void {}
  async read(_id: object): Promise<Float32Array> {
    return Float32Array.of(1);
  }
  readSync(id: object): Float32Array {
    return this.values.get(id)!;
  }
}

const matrices: TensorInfo[] = [
  { dataId: {}, shape: [2, 3], dtype: 'float32' },
  { dataId: {}, shape: [3, 4], dtype: 'float32' },
];

function watched(): FakeBackend {
  const backend = new FakeBackend();
  watchWebGpu(backend);
  return backend;
}

async function faultOf(work: () => unknown): Promise<Fault> {
  try {
    await work();
  } catch (error) {
    return error as Fault;
  }
  throw new Error('no fault was thrown');
}

test('what goes well is passed on, and no scope stays open', async () => {
  const backend = watched();
  assert.equal(backend.runWebGPUProgram(new MatMulPackedProgram(), matrices).shape, [2, 4]);
  backend.submitQueue();
  assert.equal([...(await backend.read({}))], [1]);
  assert.is(backend.scopes, 0);
});

test('a refused operation is a fault of the next read, named with its shapes, and of everything after it', async () => {
  const backend = watched();
  backend.runWebGPUProgram(new MatMulPackedProgram(), matrices);
  backend.refuses = 'too many storage buffers\nwhile calling';
  backend.runWebGPUProgram(new MatMulPackedProgram(), matrices);
  const fault = await faultOf(() => backend.read({}));
  assert.is(fault.code, 'BACKEND_FAILED');
  assert.is(
    fault.message,
    'WebGPU refused MatMulPackedProgram [2,3] [3,4] -> [2,4], so what follows would be wrong: too many storage buffers',
  );
  assert.match(fault.details.hint!, 'tensor.backend=tensorflow');
  assert.is(await faultOf(() => backend.runWebGPUProgram(new MatMulPackedProgram(), matrices)), fault);
  assert.is(await faultOf(() => backend.read({})), fault);
  assert.is(backend.ran, 2);
});

test('an error that no scope caught is a fault too, and names the last operation', async () => {
  const backend = watched();
  backend.runWebGPUProgram(new MatMulPackedProgram(), matrices);
  backend.uncaptured!({ error: { message: 'out of memory' } });
  const fault = await faultOf(() => backend.read({}));
  assert.match(fault.message, /refused an operation \(MatMulPackedProgram .*, or one before it\).*: out of memory$/);
});

test('a lost device is a fault', async () => {
  const backend = watched();
  backend.lose({ reason: 'unknown', message: 'hung' });
  await Promise.resolve();
  const fault = await faultOf(() => backend.read({}));
  assert.is(fault.code, 'BACKEND_FAILED');
  assert.match(fault.message, 'the WebGPU device was lost (hung)');
});

test('values on the device can only be awaited; those on the host are given at once', async () => {
  const backend = watched();
  backend.runWebGPUProgram(new MatMulPackedProgram(), matrices);
  const fault = await faultOf(() => backend.readSync({}));
  assert.match(fault.message, /can only be awaited; .* after MatMulPackedProgram/);
  const id = {};
  backend.values.set(id, Float32Array.of(7));
  assert.equal([...backend.readSync(id)], [7]);
});

test.run();
