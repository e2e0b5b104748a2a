import { join } from 'node:path';
import type { ModelPart } from '../contracts/index.js';
import { Fault, nearest } from '../faults/index.js';
import { readSafetensors, tensorflow, writeSafetensors, type StoredTensor } from '../tensor/index.js';
import { namedVariables } from './model.js';

/** One file holds weights and state, so that both are of the same moment: a rename either happens or not. */
const fileName = 'model.safetensors';
const format = 'mienlab-checkpoint-1';

/** Writes the parts' variables, named `<part>/<variable>`, and a state (JSON: tokenizer, resolved config) into a folder, whole or not at all. */
export async function saveCheckpoint(folder: string, parts: Readonly<Record<string, ModelPart>>, state: unknown): Promise<void> {
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, variable] of Object.entries(namedVariables(parts))) {
    tensors[name] = { shape: variable.shape, data: (await variable.data()) as Float32Array };
  }
  writeSafetensors(join(folder, fileName), tensors, { format, state: JSON.stringify(state ?? null) });
}

export interface Checkpoint {
  /** As it was given to `saveCheckpoint`; what parts are made from. */
  state: unknown;
  /** Puts the weights into the parts' variables. Throws Fault CHECKPOINT_INVALID where names or shapes differ; nothing is changed then. */
  restore(parts: Readonly<Record<string, ModelPart>>): void;
}

/** Throws Fault ASSET_MISSING or CHECKPOINT_INVALID. */
export function loadCheckpoint(folder: string): Checkpoint {
  const file = join(folder, fileName);
  const { tensors, metadata } = readSafetensors(file);
  const invalid = (why: string, details: { tensor?: string; nearest?: string } = {}) =>
    new Fault('CHECKPOINT_INVALID', `${file}: ${why}`, { where: { source: file }, ...details });
  if (metadata['format'] !== format) throw invalid(`it is no checkpoint of mienlab (format ${metadata['format'] ?? 'missing'})`);
  let state: unknown;
  try {
    state = JSON.parse(metadata['state'] ?? '');
  } catch {
    throw invalid('its state is not JSON');
  }
  return {
    state,
    restore(parts) {
      const variables = namedVariables(parts);
      for (const [name, variable] of Object.entries(variables)) {
        const stored = tensors[name];
        if (!stored) throw invalid(`it has no tensor "${name}"`, { tensor: name, nearest: nearest(name, Object.keys(tensors)) });
        if (stored.shape.join() !== variable.shape.join()) {
          throw invalid(`tensor "${name}" is [${stored.shape.join(', ')}], the model needs [${variable.shape.join(', ')}]`, { tensor: name });
        }
      }
      const extra = Object.keys(tensors).find((name) => !(name in variables));
      if (extra !== undefined) throw invalid(`its tensor "${extra}" has no place in the model`, { tensor: extra });
      const tf = tensorflow();
      tf.tidy(() => {
        for (const [name, variable] of Object.entries(variables)) variable.assign(tf.tensor(tensors[name]!.data, variable.shape));
      });
    },
  };
}
