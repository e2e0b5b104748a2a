import type { Random } from '../../contracts/index.js';
import { Fault, nearest } from '../../faults/index.js';
import type { WeightShapes } from '../checkpoint/load-weights.js';
import { loraScaling, type LoraConfig } from './lora-config.js';
import { linearModules, targetModules } from './target-modules.js';

/** The addition to one linear layer: scaling * B A. */
export interface LoraPair {
  rank: number;
  alpha: number;
  scaling: number;
  /** [rank, in]. */
  a: Float32Array;
  /** [out, rank]. */
  b: Float32Array;
}

export interface LoraAdapter {
  config: LoraConfig;
  /** By the name of the linear layer, in the checkpoint's order. */
  pairs: ReadonlyMap<string, LoraPair>;
}

/**
 * An adapter that adds nothing yet, as PEFT starts one: A uniform in +-1/sqrt(in) (Kaiming with a = sqrt(5)), B zero. Each layer draws from
 * a source of its own, so that the choice of targets does not change what the others start from.
 * Throws Fault CONFIG_VALUE where a target matches no linear layer.
 */
export function initialAdapter(shapes: WeightShapes, config: LoraConfig, random: Random): LoraAdapter {
  const linear = linearModules(shapes);
  const { modules, unmatched } = targetModules(shapes, config);
  if (unmatched.length > 0 || modules.length === 0) {
    const known = [...new Set([...linear.keys()].map((module) => module.split('.').at(-1)!))];
    const [target] = unmatched;
    const what =
      target === undefined ? `no linear layer is in ${(config.layers ?? []).join(', ')}` : `no linear layer is called "${target}"`;
    const inLayers = target !== undefined && config.layers?.length ? ` in the layers ${config.layers.join(', ')}` : '';
    throw new Fault('CONFIG_VALUE', `LoRA: ${what}${inLayers}`, { nearest: target && nearest(target, known), known });
  }
  const { rank, alpha } = config;
  const pairs = modules.map((module): [string, LoraPair] => {
    const [out, width] = linear.get(module)!;
    const source = random.fork(module);
    const bound = 1 / Math.sqrt(width);
    const a = Float32Array.from({ length: rank * width }, () => (2 * source.next() - 1) * bound);
    return [module, { rank, alpha, scaling: loraScaling(config), a, b: new Float32Array(out * rank) }];
  });
  return { config, pairs: new Map(pairs) };
}
