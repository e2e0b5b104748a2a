import type { ConfigFields } from 'mienlab/tensor';
import type { DecoderSpec, RopeScaling } from './decoder-spec.js';

const families = ['llama', 'qwen2', 'qwen3', 'mistral'] as const;
type Family = (typeof families)[number];

const architectures: Readonly<Record<Family, string>> = {
  llama: 'LlamaForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  mistral: 'MistralForCausalLM',
};

/** Whether a config.json is of a model that this head can be. */
export function isCausalLm(config: Readonly<Record<string, unknown>>): boolean {
  return families.includes(config['model_type'] as Family);
}

/**
 * The decoder that a Hugging Face config.json describes, in the form of transformers 5 (`rope_parameters`) or 4 (`rope_theta`,
 * `rope_scaling`); keys that are left out have the defaults of transformers' config classes.
 * Throws Fault CHECKPOINT_INVALID with file and key for what is unknown, not supported or contradicts itself.
 */
export function decoderSpec(config: ConfigFields): DecoderSpec {
  const family = config.choice('model_type', families);
  checkArchitecture(config, family);
  if (config.has('quantization_config')) {
    throw config.invalid('quantization_config', 'its weights are quantised', {
      hint: 'take the checkpoint as it was before, or a GGUF file',
    });
  }
  config.choice('hidden_act', ['silu', 'swish'], 'silu');
  if (config.positive('partial_rotary_factor', 1) !== 1) throw config.invalid('partial_rotary_factor', 'it is not 1', { expected: '1' });
  const vocabulary = config.integer('vocab_size');
  const hidden = config.integer('hidden_size');
  const heads = config.integer('num_attention_heads');
  const layers = config.integer('num_hidden_layers');
  const qwen = family === 'qwen2' || family === 'qwen3';
  // Qwen2 has no such key: its queries, keys and values always have a bias.
  const attentionBias = family === 'llama' || family === 'qwen3' ? config.flag('attention_bias', false) : false;
  return {
    family,
    vocabulary,
    hidden,
    inner: config.integer('intermediate_size'),
    layers,
    heads,
    keyValueHeads: keyValueHeads(config, heads),
    headSize: headSize(config, hidden, heads),
    contextLength: config.integer('max_position_embeddings'),
    rope: rope(config),
    epsilon: config.positive('rms_norm_eps', 1e-6),
    headNorm: family === 'qwen3',
    bias: {
      queryKeyValue: family === 'qwen2' || attentionBias,
      output: attentionBias,
      mlp: family === 'llama' && config.flag('mlp_bias', false),
    },
    windows: qwen ? qwenWindows(config, layers) : mistralWindows(config, layers, family),
    padding: padding(config, vocabulary),
    tied: config.flag('tie_word_embeddings', false),
  };
}

function checkArchitecture(config: ConfigFields, family: Family): void {
  if (!config.has('architectures')) return;
  const named = config.texts('architectures');
  if (named.includes(architectures[family])) return;
  throw config.invalid('architectures', `it is ${named.join(', ') || 'empty'}, model_type is "${family}"`, {
    expected: architectures[family],
  });
}

/** torch counts a negative padding_idx from the end of the table. */
function padding(config: ConfigFields, vocabulary: number): number | null {
  if (!config.has('pad_token_id')) return null;
  const id = config.integer('pad_token_id', undefined, -vocabulary);
  if (id >= vocabulary) throw config.invalid('pad_token_id', `${id} is beyond vocab_size ${vocabulary}`);
  return id < 0 ? id + vocabulary : id;
}

function keyValueHeads(config: ConfigFields, heads: number): number {
  const count = config.integer('num_key_value_heads', heads);
  if (heads % count === 0) return count;
  throw config.invalid('num_key_value_heads', `${count} does not divide num_attention_heads ${heads}`);
}

function headSize(config: ConfigFields, hidden: number, heads: number): number {
  if (!config.has('head_dim') && hidden % heads !== 0) {
    throw config.invalid('num_attention_heads', `${heads} does not divide hidden_size ${hidden}, and there is no head_dim`);
  }
  const size = config.integer('head_dim', hidden / heads);
  if (size % 2 !== 0) throw config.invalid('head_dim', `${size} is odd, the rotation turns pairs`);
  return size;
}

function rope(config: ConfigFields): DecoderSpec['rope'] {
  const parameters = config.fields('rope_parameters');
  const scaling = config.fields('rope_scaling');
  const own = parameters?.has('rope_theta') ? parameters.positive('rope_theta') : undefined;
  const old = config.has('rope_theta') ? config.positive('rope_theta') : undefined;
  if (own !== undefined && old !== undefined && own !== old) {
    throw config.invalid('rope_theta', `it is ${old}, rope_parameters.rope_theta is ${own}`);
  }
  const described = parameters ? ropeScaling(parameters) : undefined;
  const before = scaling ? ropeScaling(scaling) : undefined;
  if (described && before && JSON.stringify(described) !== JSON.stringify(before)) {
    throw config.invalid('rope_scaling', 'it is not what rope_parameters says');
  }
  return { theta: own ?? old ?? 10_000, scaling: described ?? before ?? { type: 'default' } };
}

function ropeScaling(fields: ConfigFields): RopeScaling {
  // Before transformers 4.43 the key was "type".
  const key = fields.has('rope_type') || !fields.has('type') ? 'rope_type' : 'type';
  const type = fields.choice(key, ['default', 'linear', 'llama3'], 'default');
  if (type === 'default') return { type };
  const factor = fields.positive('factor');
  if (factor < 1) throw fields.invalid('factor', `it is ${factor}`, { expected: 'at least 1' });
  if (type === 'linear') return { type, factor };
  const lowFrequencyFactor = fields.positive('low_freq_factor');
  const highFrequencyFactor = fields.positive('high_freq_factor');
  if (highFrequencyFactor <= lowFrequencyFactor) {
    throw fields.invalid('high_freq_factor', `${highFrequencyFactor} is not above low_freq_factor ${lowFrequencyFactor}`);
  }
  return { type, factor, lowFrequencyFactor, highFrequencyFactor, originalContext: fields.integer('original_max_position_embeddings') };
}

function mistralWindows(config: ConfigFields, layers: number, family: Family): (number | null)[] {
  const window = family === 'mistral' && config.has('sliding_window') ? config.integer('sliding_window') : null;
  return Array<number | null>(layers).fill(window);
}

function qwenWindows(config: ConfigFields, layers: number): (number | null)[] {
  const used = config.flag('use_sliding_window', false);
  const window = used && config.has('sliding_window') ? config.integer('sliding_window') : null;
  const first = config.integer('max_window_layers', 28, 0);
  if (!config.has('layer_types')) return Array.from({ length: layers }, (_, i) => (i >= first ? window : null));
  const types = config.texts('layer_types');
  if (types.length !== layers) throw config.invalid('layer_types', `it has ${types.length} entries, num_hidden_layers is ${layers}`);
  return types.map((type) => {
    if (type === 'full_attention') return null;
    if (type !== 'sliding_attention') {
      throw config.invalid('layer_types', `"${type}" is not supported`, { known: ['full_attention', 'sliding_attention'] });
    }
    if (window === null) {
      throw config.invalid('layer_types', `a layer slides, but ${used ? 'there is no sliding_window' : 'use_sliding_window is not true'}`);
    }
    return window;
  });
}
