import { cpus } from 'node:os';
import type { OpenBackend } from './backend-choice.js';
import { unionModule } from './union-module.js';

/** Starts the plain JavaScript backend: slow, but has every kernel and runs anywhere. */
export async function openCpu(): Promise<OpenBackend> {
  const tf = unionModule();
  await tf.setBackend('cpu');
  // Else its first use prints an advertisement for the native addon.
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  return {
    device: { kind: 'cpu', name: `${cpus()[0]?.model.trim() ?? process.arch}, 1 thread` },
    versions: { tfjs: tf.version['tfjs'] },
    cost: 'training takes hundreds of times longer than with tensorflow: good for checks only',
  };
}
