import type { StoredWeight, WeightSource } from '../weight-source.js';
import { architectureOf } from './architectures.js';
import type { GgufFile } from './gguf-file.js';
import { MetadataReader } from './metadata-reader.js';

const outside: Readonly<Record<string, string>> = { token_embd: 'model.embed_tokens', output_norm: 'model.norm', output: 'lm_head' };
const inLayer: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};
/** Tables that llama.cpp computes with and a model's config says in fewer words. */
const derived = /^(rope_freqs|blk\.\d+\.(rope_freqs|attn_rot_embd))\.weight$/;

/** transformers' name of a tensor of a decoder, from llama.cpp's (gguf-py's tensor_mapping.py); undefined where there is none. */
function huggingFaceName(name: string): string | undefined {
  const [, layer, module, kind] = /^(?:blk\.(0|[1-9]\d*)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
  const names = layer === undefined ? outside : inLayer;
  if (module === undefined || !Object.hasOwn(names, module)) return undefined;
  return `${layer === undefined ? '' : `model.layers.${layer}.`}${names[module]}.${kind}`;
}

/**
 * The weights of a decoder in a GGUF file as transformers names, shapes and orders them: [out, in], rows of q and k for rotary
 * embedding by halves. Quantised tensors are dequantised when they are read.
 * Throws Fault CHECKPOINT_INVALID where the architecture or a tensor's name is unknown; reading throws it where q or k do not divide into the heads.
 */
export function ggufWeights(gguf: GgufFile): WeightSource {
  const metadata = new MetadataReader(gguf);
  const { name: architecture, interleaved } = architectureOf(gguf);
  const heads = metadata.count(`${architecture}.attention.head_count`);
  const keyHeads =
    metadata.number(`${architecture}.attention.head_count_kv`) === undefined
      ? heads
      : metadata.count(`${architecture}.attention.head_count_kv`);
  const tensors = new Map<string, StoredWeight>();
  const stored = new Map<string, string>();
  for (const [name, { shape, dtype }] of gguf.tensors) {
    if (derived.test(name)) continue;
    const known = huggingFaceName(name);
    if (known === undefined) throw metadata.fault(`tensor "${name}" has no place in a decoder`, { tensor: name });
    tensors.set(known, { shape, dtype });
    stored.set(known, name);
  }
  return {
    files: [gguf.file],
    tensors,
    read(name) {
      const own = stored.get(name);
      if (own === undefined) throw metadata.fault(`there is no tensor for "${name}"`, { tensor: name });
      const values = gguf.read(own);
      const rotated = interleaved ? /\.attn_([qk])\./.exec(own)?.[1] : undefined;
      if (rotated === undefined) return values;
      const rows = tensors.get(name)!.shape[0] ?? 1;
      const count = rotated === 'q' ? heads : keyHeads;
      if (rows % (2 * count) !== 0) throw metadata.fault(`tensor "${own}" has ${rows} rows for ${count} heads`, { tensor: own });
      return halvesOfPairs(values, rows, rows / count);
    },
  };
}

/**
 * Rows of each head from the order (0, h, 1, h+1, ...) with h half the head's size back to (0, 1, ..., h, h+1, ...):
 * the inverse of `permute` in llama.cpp's convert_hf_to_gguf.py.
 */
function halvesOfPairs(values: Float32Array, rows: number, headSize: number): Float32Array {
  const width = values.length / rows;
  const ordered = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const place = row % headSize;
    const to = row - place + (place >> 1) + (place & 1 ? headSize / 2 : 0);
    ordered.set(values.subarray(row * width, (row + 1) * width), to * width);
  }
  return ordered;
}
