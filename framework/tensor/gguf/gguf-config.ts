import { architectureOf } from './architectures.js';
import type { GgufFile } from './gguf-file.js';
import { MetadataReader } from './metadata-reader.js';

/**
 * A decoder's config.json, in the form of transformers 4, from the metadata and tensors of a GGUF file.
 * Throws Fault CHECKPOINT_INVALID where the architecture is unknown, or something is missing or cannot be said in a config.json.
 */
export function ggufConfig(gguf: GgufFile): Record<string, unknown> {
  const metadata = new MetadataReader(gguf);
  const { name, className } = architectureOf(gguf);
  const count = (key: string) => metadata.count(`${name}.${key}`);
  const optional = (key: string) => (gguf.metadata.has(`${name}.${key}`) ? count(key) : undefined);
  const hidden = count('embedding_length');
  const heads = count('attention.head_count');
  const headSize = optional('attention.key_length') ?? hidden / heads;
  if (!Number.isInteger(headSize)) throw metadata.fault(`embeddings of ${hidden} values do not divide into ${heads} heads`);
  const context = count('context_length');
  const theta = shortest(metadata.number(`${name}.rope.freq_base`) ?? 10_000);
  const window = optional('attention.sliding_window');
  const mistral = name === 'llama' && window !== undefined;
  return {
    architectures: [mistral ? 'MistralForCausalLM' : className],
    model_type: mistral ? 'mistral' : name,
    hidden_size: hidden,
    intermediate_size: count('feed_forward_length'),
    num_hidden_layers: count('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: optional('attention.head_count_kv') ?? heads,
    head_dim: headSize,
    vocab_size: vocabularySize(gguf, metadata),
    max_position_embeddings: context,
    rms_norm_eps: shortest(metadata.required(epsilonKey(name), metadata.number(epsilonKey(name)))),
    rope_theta: theta,
    rope_scaling: ropeScaling(gguf, metadata, name, theta, headSize),
    hidden_act: 'silu',
    tie_word_embeddings: !gguf.tensors.has('output.weight'),
    // transformers' Qwen2 has biases on q, k and v whatever its config says.
    ...(name !== 'qwen2' && !mistral && { attention_bias: gguf.tensors.has('blk.0.attn_q.bias') }),
    ...(window !== undefined && { sliding_window: window, ...(!mistral && { use_sliding_window: true }) }),
    bos_token_id: metadata.number('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: metadata.number('tokenizer.ggml.eos_token_id') ?? null,
    pad_token_id: metadata.number('tokenizer.ggml.padding_token_id') ?? null,
    torch_dtype: 'float32',
  };
}

function epsilonKey(name: string): string {
  return `${name}.attention.layer_norm_rms_epsilon`;
}

function vocabularySize(gguf: GgufFile, metadata: MetadataReader): number {
  const size = gguf.tensors.get('token_embd.weight')?.shape[0];
  if (size === undefined) throw metadata.fault('tensor "token_embd.weight" is missing', { tensor: 'token_embd.weight' });
  return size;
}

/** The shortest decimal that rounds to this float32: what the config had from which the file was made. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === Math.fround(value)) return candidate;
  }
  return value;
}

function ropeScaling(gguf: GgufFile, metadata: MetadataReader, name: string, theta: number, headSize: number): unknown {
  if (gguf.tensors.has('rope_freqs.weight')) return llama3Scaling(gguf, metadata, theta, headSize);
  const type = metadata.string(`${name}.rope.scaling.type`) ?? 'none';
  if (type === 'none') return null;
  const factor = metadata.required(`${name}.rope.scaling.factor`, metadata.number(`${name}.rope.scaling.factor`));
  const original = metadata.number(`${name}.rope.scaling.original_context_length`);
  return { rope_type: type, factor: shortest(factor), ...(original !== undefined && { original_max_position_embeddings: original }) };
}

/** The settings all of Meta's Llama 3.1 and 3.2 models share; llama.cpp keeps the divisors of the frequencies they lead to. */
const llama3 = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };

function llama3Scaling(gguf: GgufFile, metadata: MetadataReader, theta: number, headSize: number): unknown {
  const divisors = gguf.read('rope_freqs.weight');
  const factor = shortest(divisors.reduce((largest, value) => Math.max(largest, value), 1));
  const { low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = llama3;
  const fits = (divisor: number, i: number) => {
    const turns = (original * theta ** ((-2 * i) / headSize)) / (2 * Math.PI);
    const smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return Math.abs(divisor * ((1 - smooth) / factor + smooth) - 1) < 1e-4;
  };
  if (divisors.length !== headSize / 2 || !divisors.every(fits))
    throw metadata.fault('tensor "rope_freqs.weight" is not that of a rotary embedding scaled as in Llama 3', {
      tensor: 'rope_freqs.weight',
    });
  return { rope_type: 'llama3', factor, ...llama3 };
}
