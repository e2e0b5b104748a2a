import { type ConfigFields, endsWithName, type LoraConfig } from 'mienlab/tensor';

/** What an adapter_config.json says. */
export interface AdapterConfig extends Omit<LoraConfig, 'targets'> {
  /** Null where the file gives a pattern: then the tensors alone say what is adapted. */
  targets: LoraConfig['targets'] | null;
  /** The checkpoint it was trained on, as its author named it. */
  base: string | null;
  rankOf(module: string): number;
  alphaOf(module: string): number;
}

/** Keys that say nothing about what an adapter computes. */
const informative = new Set([
  ...['auto_mapping', 'base_model_name_or_path', 'inference_mode', 'megatron_core', 'peft_version', 'qalora_group_size', 'revision'],
  ...['runtime_config', 'task_type', 'eva_config'],
]);
const read = new Set([
  ...['peft_type', 'r', 'lora_alpha', 'lora_dropout', 'target_modules', 'exclude_modules', 'layers_to_transform', 'layers_pattern'],
  ...['use_rslora', 'bias', 'init_lora_weights', 'rank_pattern', 'alpha_pattern'],
]);

/**
 * Reads PEFT's adapter_config.json (0.21; older ones have fewer keys). What changes the computation and is not plain LoRA (DoRA, trained
 * biases, other initial base weights, ...) is refused rather than left out, also where a later PEFT names it anew.
 * Throws Fault CHECKPOINT_INVALID with file and key.
 */
export function adapterConfig(fields: ConfigFields): AdapterConfig {
  fields.choice('peft_type', ['LORA']);
  fields.choice('bias', ['none'], 'none');
  checkInitialisation(fields);
  for (const [key, value] of Object.entries(fields.values)) {
    if (!read.has(key) && !informative.has(key) && !isNeutral(value))
      throw fields.invalid(key, 'it is set, which plain LoRA does not know', { expected: 'null or false' });
  }
  const rank = fields.integer('r', 8);
  const alpha = fields.positive('lora_alpha', 8);
  const dropout = fields.has('lora_dropout') ? fields.values['lora_dropout'] : 0;
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout < 1))
    throw fields.invalid('lora_dropout', 'it is not supported', { expected: 'a number from 0, below 1' });
  return {
    rank,
    alpha,
    dropout,
    targets: targets(fields),
    layers: layers(fields),
    rankStabilised: fields.flag('use_rslora', false),
    base: fields.has('base_model_name_or_path') ? fields.text('base_model_name_or_path') : null,
    rankOf: byModule(fields, 'rank_pattern', rank),
    alphaOf: byModule(fields, 'alpha_pattern', alpha),
  };
}

function isNeutral(value: unknown): boolean {
  return value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** PiSSA, OLoRA, LoftQ and the like take something away from the base weights first, so that the adapter does not fit the plain ones. */
function checkInitialisation(fields: ConfigFields): void {
  const value = fields.values['init_lora_weights'] ?? true;
  if (typeof value !== 'boolean') fields.choice('init_lora_weights', ['gaussian', 'eva', 'orthogonal']);
}

function targets(fields: ConfigFields): LoraConfig['targets'] | null {
  if (fields.has('exclude_modules') && !isNeutral(fields.values['exclude_modules'])) return null;
  if (typeof fields.values['target_modules'] !== 'string') return fields.texts('target_modules');
  return fields.text('target_modules') === 'all-linear' ? 'all-linear' : null;
}

function layers(fields: ConfigFields): number[] | undefined {
  const pattern = fields.values['layers_pattern'] ?? [];
  const patterns: unknown[] = Array.isArray(pattern) ? pattern : [pattern];
  if (!patterns.every((one) => one === 'layers' || one === ''))
    throw fields.invalid('layers_pattern', 'it is not supported', { expected: '"layers"' });
  if (!fields.has('layers_to_transform')) return undefined;
  const value = fields.values['layers_to_transform'];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((layer): layer is number => Number.isInteger(layer) && (layer as number) >= 0))
    throw fields.invalid('layers_to_transform', 'it is no list of layers', { expected: 'whole numbers from 0' });
  return list.length > 0 ? list : undefined;
}

/** Values that hold for the modules a key names by the end of their name; in PEFT the keys are patterns, here names alone. */
function byModule(fields: ConfigFields, key: string, otherwise: number): (module: string) => number {
  const own = fields.fields(key);
  if (!own) return () => otherwise;
  const entries = Object.keys(own.values).map((name): [string, number] => {
    if (!/^[\w.]+$/.test(name)) throw own.invalid(name, 'it is a pattern, only names are supported');
    return [name, key === 'rank_pattern' ? own.integer(name) : own.positive(name)];
  });
  return (module) => entries.find(([name]) => endsWithName(module, name))?.[1] ?? otherwise;
}
