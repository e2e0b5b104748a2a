import type { WeightShapes } from 'mienlab/tensor';
import type { DecoderSpec } from './decoder-spec.js';

/** Names and shapes of a decoder's weights as Hugging Face's transformers has them; linear layers are [out, in]. */
export function decoderWeightShapes(spec: DecoderSpec): WeightShapes {
  const { vocabulary, hidden, inner, layers, heads, keyValueHeads, headSize, headNorm, bias, tied } = spec;
  const shapes: Record<string, readonly number[]> = { 'model.embed_tokens.weight': [vocabulary, hidden] };
  const linear = (name: string, out: number, width: number, withBias: boolean) => {
    shapes[`${name}.weight`] = [out, width];
    if (withBias) shapes[`${name}.bias`] = [out];
  };
  for (let i = 0; i < layers; i++) {
    const layer = `model.layers.${i}`;
    shapes[`${layer}.input_layernorm.weight`] = [hidden];
    linear(`${layer}.self_attn.q_proj`, heads * headSize, hidden, bias.queryKeyValue);
    linear(`${layer}.self_attn.k_proj`, keyValueHeads * headSize, hidden, bias.queryKeyValue);
    linear(`${layer}.self_attn.v_proj`, keyValueHeads * headSize, hidden, bias.queryKeyValue);
    linear(`${layer}.self_attn.o_proj`, hidden, heads * headSize, bias.output);
    if (headNorm) for (const part of ['q_norm', 'k_norm']) shapes[`${layer}.self_attn.${part}.weight`] = [headSize];
    shapes[`${layer}.post_attention_layernorm.weight`] = [hidden];
    linear(`${layer}.mlp.gate_proj`, inner, hidden, bias.mlp);
    linear(`${layer}.mlp.up_proj`, inner, hidden, bias.mlp);
    linear(`${layer}.mlp.down_proj`, hidden, inner, bias.mlp);
  }
  shapes['model.norm.weight'] = [hidden];
  if (!tied) shapes['lm_head.weight'] = [vocabulary, hidden];
  return shapes;
}

/** Tensors that a checkpoint may hold beside them: rotation tables that old versions wrote, and the output layer where it is the embedding's. */
export function isSpareTensor(name: string, { tied }: DecoderSpec): boolean {
  return /(^|\.)rotary_emb\.inv_freq$/.test(name) || (tied && name === 'lm_head.weight');
}
