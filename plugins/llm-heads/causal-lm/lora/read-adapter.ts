import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, nearest } from 'mienlab/faults';
import {
  linearModules,
  type LoraAdapter,
  type LoraPair,
  loraScaling,
  readConfigFields,
  readSafetensors,
  type StoredTensor,
  targetModules,
  type WeightShapes,
} from 'mienlab/tensor';
import { adapterConfig, type AdapterConfig } from './adapter-config.js';

export interface StoredAdapter extends LoraAdapter {
  /** The checkpoint it was trained on, as its author named it; null where the folder does not say. */
  base: string | null;
}

const weightsName = 'adapter_model.safetensors';

/**
 * Reads an adapter folder of PEFT's (adapter_config.json, adapter_model.safetensors) for a decoder whose weights have these shapes.
 * Throws Fault ASSET_MISSING where a file is not there, CHECKPOINT_INVALID where one is damaged, is no plain LoRA, or belongs to another base: a
 * layer that the decoder does not have, has in another shape, or has where the adapter has nothing.
 */
export function readAdapter(folder: string, shapes: WeightShapes): StoredAdapter {
  const config = adapterConfig(readConfigFields(folder, 'adapter_config.json'));
  const file = join(folder, weightsName);
  if (!existsSync(file) && existsSync(join(folder, 'adapter_model.bin'))) {
    throw new Fault('ASSET_MISSING', `${file} is not there, only adapter_model.bin`, {
      where: { source: file },
      hint: 'a .bin file runs code when it is read; save the adapter as safetensors (PEFT does so by default)',
    });
  }
  const refuse = (why: string, tensor?: string, details: { expected?: string; nearest?: string } = {}) => {
    const base = config.base === null ? '' : `; it was made for ${config.base}`;
    const what = tensor === undefined ? '' : ` the tensor "${tensor}"`;
    return new Fault('CHECKPOINT_INVALID', `${file}:${what} ${why}${base}`, { where: { source: file }, tensor, ...details });
  };
  const { tensors } = readSafetensors(file);
  const halves = sortHalves(tensors, shapes, refuse);
  const linear = linearModules(shapes);
  const pairs = new Map<string, LoraPair>();
  for (const module of linear.keys()) {
    const half = halves.get(module);
    if (half) pairs.set(module, pairOf(module, half, linear.get(module)!, config, refuse));
  }
  if (pairs.size === 0) throw refuse('holds no adapter');
  const { rank, alpha, dropout, layers, rankStabilised } = config;
  if (config.targets !== null) {
    const missing = targetModules(shapes, { targets: config.targets, layers }).modules.find((module) => !pairs.has(module));
    if (missing !== undefined) throw refuse(`has nothing for "${missing}", which adapter_config.json targets`);
  }
  const targets = config.targets ?? [...pairs.keys()];
  return { config: { rank, alpha, dropout, targets, layers, rankStabilised }, pairs, base: config.base };
}

type Refuse = (why: string, tensor?: string, details?: { expected?: string; nearest?: string }) => Fault;
type Halves = Partial<Record<'A' | 'B', StoredTensor>>;

function sortHalves(tensors: Record<string, StoredTensor>, shapes: WeightShapes, refuse: Refuse): Map<string, Halves> {
  const linear = linearModules(shapes);
  const halves = new Map<string, Halves>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const [, module, half] = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/.exec(name) ?? [];
    if (module === undefined)
      throw refuse('is no part of plain LoRA', name, { expected: 'base_model.model.<module>.lora_A.weight or lora_B' });
    if (!linear.has(module)) throw refuse('is for no linear layer of this decoder', name, { nearest: nearest(module, [...linear.keys()]) });
    halves.set(module, { ...halves.get(module), [half as 'A' | 'B']: tensor });
  }
  return halves;
}

function pairOf(
  module: string,
  { A, B }: Halves,
  [out, width]: readonly [number, number],
  config: AdapterConfig,
  refuse: Refuse,
): LoraPair {
  const rank = config.rankOf(module);
  const alpha = config.alphaOf(module);
  const half = (letter: 'A' | 'B', tensor: StoredTensor | undefined, expected: readonly number[]) => {
    const name = `base_model.model.${module}.lora_${letter}.weight`;
    if (!tensor) throw refuse('is missing', name);
    if (tensor.shape.join() !== expected.join())
      throw refuse(`is [${tensor.shape.join(', ')}]`, name, { expected: `[${expected.join(', ')}], by the decoder and the rank` });
    return tensor.data;
  };
  const scaling = loraScaling({ rank, alpha, rankStabilised: config.rankStabilised });
  return { rank, alpha, scaling, a: half('A', A, [rank, width]), b: half('B', B, [out, rank]) };
}
