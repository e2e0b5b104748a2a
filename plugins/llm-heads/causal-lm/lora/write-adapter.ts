import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type LoraAdapter,
  type LoraPair,
  replaceFolder,
  type StoredTensor,
  targetModules,
  type WeightShapes,
  writeSafetensors,
} from 'mienlab/tensor';

/**
 * Writes an adapter as a folder that PEFT loads (`PeftModel.from_pretrained`). A folder that is there is replaced, but not before
 * the new one is whole. `base` is how its user finds the checkpoint, a path or a name on the hub.
 */
export function writeAdapter(folder: string, adapter: LoraAdapter, shapes: WeightShapes, base: string | null): void {
  const tensors: Record<string, StoredTensor> = {};
  for (const [module, { rank, a, b }] of adapter.pairs) {
    tensors[`base_model.model.${module}.lora_A.weight`] = { shape: [rank, a.length / rank], data: a };
    tensors[`base_model.model.${module}.lora_B.weight`] = { shape: [b.length / rank, rank], data: b };
  }
  const config = JSON.stringify(adapterJson(adapter, shapes, base), null, 2);
  replaceFolder(folder, (aside) => {
    writeSafetensors(join(aside, 'adapter_model.safetensors'), tensors, { format: 'pt' });
    writeFileSync(join(aside, 'adapter_config.json'), `${config}\n`);
  });
}

function adapterJson({ config, pairs }: LoraAdapter, shapes: WeightShapes, base: string | null): Record<string, unknown> {
  const { rank, alpha, dropout, rankStabilised } = config;
  const different = (key: 'rank' | 'alpha', usual: number) =>
    Object.fromEntries([...pairs].flatMap(([module, pair]: [string, LoraPair]) => (pair[key] === usual ? [] : [[module, pair[key]]])));
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: base,
    inference_mode: true,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: dropout,
    use_rslora: rankStabilised,
    bias: 'none',
    fan_in_fan_out: false,
    init_lora_weights: true,
    modules_to_save: null,
    ...writtenTargets([...pairs.keys()], shapes, config.layers),
    rank_pattern: different('rank', rank),
    alpha_pattern: different('alpha', alpha),
  };
}

/** The ends of the names where these and the layers give just these modules, else the whole names. */
function writtenTargets(modules: readonly string[], shapes: WeightShapes, layers: readonly number[] | undefined): Record<string, unknown> {
  const ends = [...new Set(modules.map((module) => module.split('.').at(-1)!))].sort();
  const found = targetModules(shapes, { targets: ends, layers }).modules;
  if (found.join() === modules.join()) return { target_modules: ends, layers_to_transform: layers ?? null, layers_pattern: null };
  return { target_modules: modules, layers_to_transform: null, layers_pattern: null };
}
