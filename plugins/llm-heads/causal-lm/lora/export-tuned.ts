import { resolve } from 'node:path';
import type { TunedWeights } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { type LoraAdapter, type LoraPair, loraScaling, type WeightShapes } from 'mienlab/tensor';
import { checkpointOf, loraOf, type CausalLmConfig } from '../options.js';
import { decoderWeightShapes } from '../weight-shapes.js';
import { mergedSource, writeCheckpoint } from './merge.js';
import { readAdapter } from './read-adapter.js';
import { writeAdapter } from './write-adapter.js';

/** A tuned head as PEFT reads it (the adapter) or transformers (the whole model). */
export function exportTuned(
  weights: TunedWeights,
  options: Readonly<Record<string, unknown>>,
  { folder, merged }: { folder: string; merged: boolean },
): string {
  const config = options as unknown as CausalLmConfig;
  const checkpoint = checkpointOf(config);
  const shapes = decoderWeightShapes(checkpoint.spec);
  const adapter = tunedAdapter(weights, config, shapes);
  if (adapter && !merged) {
    writeAdapter(folder, adapter, shapes, config.path);
    return `${folder}: a PEFT adapter for ${config.path}, ${adapter.pairs.size} layers of rank ${adapter.config.rank}`;
  }
  const base = checkpoint.weights();
  const source = adapter ? mergedSource(base, adapter) : { ...base, read: (name: string) => weights[name]?.data ?? base.read(name) };
  writeCheckpoint(folder, source, shapes, checkpoint.config, checkpoint.files());
  return `${folder}: the whole model in float32${adapter ? ', the adapter in its weights' : ''}`;
}

/** The adapter with the values that were tuned; null where the weights themselves were. */
function tunedAdapter(weights: TunedWeights, config: CausalLmConfig, shapes: WeightShapes): LoraAdapter | null {
  const began = config.adapter ? readAdapter(resolve(config.adapter), shapes) : null;
  const lora = began?.config ?? loraOf(config);
  if (!lora) return null;
  const layers = Object.keys(weights).flatMap((name) => (name.endsWith('.lora_A.weight') ? [name.slice(0, -'.lora_A.weight'.length)] : []));
  const pairs = layers.map((layer): [string, LoraPair] => {
    const [a, b] = [weights[`${layer}.lora_A.weight`]!, weights[`${layer}.lora_B.weight`]];
    if (!b) throw new Fault('CHECKPOINT_INVALID', `the checkpoint has no "${layer}.lora_B.weight"`, { tensor: `${layer}.lora_B.weight` });
    const { alpha, scaling } = began?.pairs.get(layer) ?? { alpha: lora.alpha, scaling: loraScaling(lora) };
    return [layer, { rank: a.shape[0]!, alpha, scaling, a: a.data, b: b.data }];
  });
  if (!pairs.length) throw new Fault('CHECKPOINT_INVALID', 'the checkpoint holds no adapter, though the config asks for LoRA');
  return { config: lora, pairs: new Map(pairs) };
}
