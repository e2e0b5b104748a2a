import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs';
import { Fault, nearest } from '../faults/index.js';
import { readSafetensors, tensorflow, tidy, writeSafetensors, type SafetensorsFile, type StoredTensor } from '../tensor/index.js';
import { modelVariables, namedVariables, type Model } from './model.js';

/** One file holds the weights and the head's state, so that both are of the same moment: a rename either happens or not. */
const fileName = 'model.safetensors';
const format = 'mienlab-checkpoint-2';
/** The first form called the LLM head's part `head`. */
const firstFormat = 'mienlab-checkpoint-1';

type Checkpoint = SafetensorsFile & { file: string };

/** Writes the model's variables, named `<part's kind>/<variable>`, and its head's state into a folder, whole or not at all. */
export async function saveCheckpoint(folder: string, model: Model): Promise<void> {
  writeSafetensors(join(folder, fileName), await storedTensors(modelVariables(model)), {
    format,
    'head-state': JSON.stringify(model.head.state() ?? null),
  });
}

/** The values of variables, by the same names. */
export async function storedTensors(variables: Readonly<Record<string, Variable>>): Promise<Record<string, StoredTensor>> {
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, variable] of Object.entries(variables)) {
    tensors[name] = { shape: variable.shape, data: (await variable.data()) as Float32Array };
  }
  return tensors;
}

/** What `LlmHead.state()` gave when the checkpoint was written: needed to make the head. Throws Fault ASSET_MISSING or CHECKPOINT_INVALID. */
export function readCheckpointState(folder: string): unknown {
  const { file, metadata } = read(folder);
  try {
    return JSON.parse(metadata['head-state'] ?? '') as unknown;
  } catch {
    throw invalid(file, "its LLM head's state is not JSON");
  }
}

/**
 * Puts the weights of a checkpoint into the model. Throws Fault ASSET_MISSING where there is none, CHECKPOINT_INVALID where it is damaged or
 * its names or shapes are not the model's; nothing is changed then.
 */
export function loadCheckpoint(folder: string, model: Model): void {
  const checkpoint = read(folder);
  const variables = modelVariables(model);
  check(checkpoint, variables);
  const extra = Object.keys(checkpoint.tensors).find((name) => !(name in variables));
  if (extra !== undefined) throw invalid(checkpoint.file, `its tensor "${extra}" has no place in the model`, { tensor: extra });
  assign(checkpoint, variables);
}

/** Puts a checkpoint's weights of the encoder alone into it. Throws as `loadCheckpoint`. */
export function loadEncoder(folder: string, encoder: Model['encoder']): void {
  const checkpoint = read(folder);
  const variables = namedVariables({ encoder });
  check(checkpoint, variables);
  assign(checkpoint, variables);
}

function check({ file, tensors }: Checkpoint, variables: Readonly<Record<string, Variable>>): void {
  for (const [name, variable] of Object.entries(variables)) {
    const stored = tensors[name];
    if (!stored) throw invalid(file, `it has no tensor "${name}"`, { tensor: name, nearest: nearest(name, Object.keys(tensors)) });
    if (stored.shape.join() !== variable.shape.join()) {
      const shapes = `is [${stored.shape.join(', ')}], the model needs [${variable.shape.join(', ')}]`;
      throw invalid(file, `tensor "${name}" ${shapes}`, { tensor: name, hint: 'use the config that the checkpoint was made with' });
    }
  }
}

function assign({ tensors }: Checkpoint, variables: Readonly<Record<string, Variable>>): void {
  const tf = tensorflow();
  tidy(() => {
    for (const [name, variable] of Object.entries(variables)) variable.assign(tf.tensor(tensors[name]!.data, variable.shape));
  });
}

function read(folder: string): Checkpoint {
  const file = join(folder, fileName);
  const { tensors, metadata } = readSafetensors(file);
  if (metadata['format'] === format) return { file, tensors, metadata };
  if (metadata['format'] !== firstFormat) throw invalid(file, `it is no checkpoint of mienlab (format ${metadata['format'] ?? 'missing'})`);
  const renamed = Object.entries(tensors).map(([name, tensor]) => [name.replace(/^head\//, 'llm-head/'), tensor]);
  return { file, tensors: Object.fromEntries(renamed) as typeof tensors, metadata };
}

function invalid(file: string, why: string, details: { tensor?: string; nearest?: string; hint?: string } = {}): Fault {
  return new Fault('CHECKPOINT_INVALID', `${file}: ${why}`, { where: { source: file }, ...details });
}
