import type { DataId, TensorInfo } from '@tensorflow/tfjs';
import { Fault } from '../../faults/index.js';

type Values = Float32Array | Int32Array | Uint8Array | Uint8Array[];

/** What of a device is listened to; each is as the WebGPU standard has it. */
interface WatchedDevice {
  readonly lost: Promise<{ reason: string; message: string }>;
  pushErrorScope(filter: 'validation'): void;
  popErrorScope(): Promise<{ message: string } | null>;
  addEventListener(type: 'uncapturederror', listener: (event: unknown) => void): void;
}

/** tfjs's backend `webgpu`, with those of its inner members that are watched; the version is pinned for their sake. */
export interface WatchedBackend {
  readonly device: WatchedDevice;
  readonly tensorMap: { get(dataId: DataId): { values?: unknown; dtype: string } | undefined };
  runWebGPUProgram(program: object, inputs: TensorInfo[], ...rest: unknown[]): TensorInfo;
  submitQueue(): void;
  read(dataId: DataId): Promise<Values>;
  readSync(dataId: DataId): Values;
}

const hint = 'use tensor.backend=tensorflow or wasm';
const lost = (reason: string) => new Fault('BACKEND_FAILED', `the WebGPU device was lost (${reason}); what it computed is gone`, { hint });

/** MatMulPackedProgram [2,3] [3,4] -> [2,4] */
function described(program: object, inputs: readonly TensorInfo[], output: readonly number[] | undefined): string {
  const shapes = inputs.map(({ shape }) => `[${shape.join(',')}]`).join(' ');
  return `${program.constructor.name} ${shapes} -> [${output?.join(',') ?? ''}]`;
}

/**
 * Makes what goes wrong on a device known before any value can be read. WebGPU reports a refused operation beside the program, as an event,
 * and lets it go on with whatever lay in memory; here each operation runs in an error scope, each read waits for the scopes of all that was
 * asked before it, and the first error, named by its operation, is the fault of this and of every later operation and read: no number can be
 * trusted after it. A lost device is such an error too. Values that lie on the device alone can only be awaited: `dataSync` is a fault.
 */
export function watchWebGpu(backend: WatchedBackend): void {
  const { device } = backend;
  let fault: Fault | undefined;
  let pending: Promise<void>[] = [];
  let last = 'the start';

  const fail = (error: Fault) => (fault ??= error);
  const refused = (what: string, message: string) =>
    fail(new Fault('BACKEND_FAILED', `WebGPU refused ${what}, so what follows would be wrong: ${message.trim().split('\n')[0]}`, { hint }));
  const scoped = <Result>(what: string, body: () => Result): Result => {
    if (fault) throw fault;
    device.pushErrorScope('validation');
    try {
      return body();
    } finally {
      pending.push(
        device.popErrorScope().then(
          (error) => void (error && refused(what, error.message)),
          (error: unknown) => void fail(lost((error as Error).message)),
        ),
      );
    }
  };
  const settle = async () => {
    const all = pending;
    pending = [];
    await Promise.all(all);
    if (fault) throw fault;
  };

  device.addEventListener('uncapturederror', (event) => {
    refused(`an operation (${last}, or one before it)`, (event as { error: { message: string } }).error.message);
  });
  // A device that is given back at the end of the process is lost as well, by `destroyed`.
  void device.lost.then(({ reason, message }) => fail(lost(message || reason)));

  const { runWebGPUProgram, submitQueue, read, readSync } = backend;
  backend.runWebGPUProgram = (program, inputs, ...rest) => {
    last = described(program, inputs, (program as { outputShape?: number[] }).outputShape);
    return scoped(last, () => runWebGPUProgram.call(backend, program, inputs, ...rest));
  };
  backend.submitQueue = () => scoped(`the operations up to ${last}`, () => submitQueue.call(backend));
  backend.read = async (dataId) => {
    let values: Values;
    try {
      values = await read.call(backend, dataId);
    } catch (cause) {
      await settle();
      throw new Fault('BACKEND_FAILED', `WebGPU could not read a tensor: ${(cause as Error).message}`, { cause, hint });
    }
    await settle();
    return values;
  };
  backend.readSync = (dataId) => {
    const kept = backend.tensorMap.get(dataId);
    if (kept && ((kept.values !== null && kept.values !== undefined) || kept.dtype === 'string')) return readSync.call(backend, dataId);
    throw new Fault('BACKEND_FAILED', `the values of a tensor on webgpu can only be awaited; they were asked for at once, after ${last}`, {
      hint: 'in code of your own, await tensor.data() in place of dataSync(); else use tensor.backend=tensorflow or wasm',
    });
  };
}
