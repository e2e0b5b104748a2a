import { cpus } from 'node:os';
import { dirname } from 'node:path';
import type * as Wasm from '@tensorflow/tfjs-backend-wasm';
import { Fault } from '../../faults/index.js';
import type { OpenBackend } from './backend-choice.js';
import { requireHere, unionModule } from './union-module.js';

const guarded = ['uncaughtException', 'unhandledRejection'] as const;

/** Emscripten's start code adds process-wide handlers that would turn every fault into a dump; those it added are taken off again. */
async function withoutNewHandlers(start: () => Promise<boolean>): Promise<boolean> {
  const before = guarded.map((event) => process.listeners(event as 'uncaughtException'));
  try {
    return await start();
  } finally {
    guarded.forEach((event, i) => {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!before[i]!.includes(listener)) process.removeListener(event, listener);
      }
    });
  }
}

/**
 * Starts the WebAssembly backend (SIMD, one thread).
 * @throws Fault BACKEND_MISSING where the engine refuses it
 */
export async function openWasm(): Promise<OpenBackend> {
  const tf = unionModule();
  const wasm = requireHere('@tensorflow/tfjs-backend-wasm') as typeof Wasm;
  wasm.setWasmPaths(`${dirname(requireHere.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (!(await withoutNewHandlers(() => tf.setBackend('wasm')))) {
    throw new Fault('BACKEND_MISSING', 'the WebAssembly module does not start', { hint: 'run "npm ci" to restore it' });
  }
  return {
    device: { kind: 'cpu', name: `${cpus()[0]?.model.trim() ?? process.arch}, 1 thread` },
    versions: { tfjs: tf.version['tfjs'], 'tfjs-backend-wasm': wasm.version_wasm },
    cost: 'with wasm, training takes about five times as long as with tensorflow, face detection twice',
  };
}
