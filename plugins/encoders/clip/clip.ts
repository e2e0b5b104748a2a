import type { VisionFamily } from 'mienlab/plugin';
import { visionSizes, type VisionSpec } from 'mienlab/tensor';

/** CLIP (Radford et al., 2021): a class token, a norm before the first layer, none of the tokens at the end. */
export const clip: VisionFamily = {
  modelTypes: ['clip_vision_model'],
  wholeType: 'clip',
  spec: (config): VisionSpec => ({
    ...visionSizes(config, { patch: 32, epsilon: 1e-5, activation: 'quick_gelu' }),
    queryKeyValueBias: true,
    patchBias: false,
    finalNorm: false,
    pooler: 'class-norm',
    names: {
      patch: 'embeddings.patch_embedding',
      positions: { name: 'embeddings.position_embedding.weight', rank: 2 },
      classToken: { name: 'embeddings.class_embedding', rank: 1 },
      // So it is spelt in all checkpoints.
      preNorm: 'pre_layrnorm',
      layer: (index) => `encoder.layers.${index}`,
      firstNorm: 'layer_norm1',
      query: 'self_attn.q_proj',
      key: 'self_attn.k_proj',
      value: 'self_attn.v_proj',
      out: 'self_attn.out_proj',
      scales: null,
      secondNorm: 'layer_norm2',
      up: 'mlp.fc1',
      down: 'mlp.fc2',
      norm: 'post_layernorm',
      pooler: null,
    },
  }),
  processor: {
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
    filter: 'bicubic',
    shortestEdge: 1,
  },
};
