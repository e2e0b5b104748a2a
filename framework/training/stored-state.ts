import { Fault } from '../faults/index.js';
import type { StoredTensor } from '../tensor/index.js';

/** The values of a tensor that a checkpoint must hold. Throws Fault CHECKPOINT_INVALID where it does not, or in another shape. */
export function storedValues(state: Readonly<Record<string, StoredTensor>>, name: string, shape: readonly number[]): Float32Array {
  const stored = state[name];
  if (stored?.shape.join() === shape.join()) return stored.data;
  const found = stored ? `"${name}" as [${stored.shape.join(', ')}]` : `no "${name}"`;
  throw new Fault('CHECKPOINT_INVALID', `the state of the training has ${found}`, { tensor: name, expected: `[${shape.join(', ')}]` });
}
