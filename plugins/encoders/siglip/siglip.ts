import type { VisionFamily } from 'mienlab/plugin';
import { visionSizes, type VisionSpec } from 'mienlab/tensor';

/** SigLIP (Zhai et al., 2023), and SigLIP 2 in fixed sizes: no class token, GELU with tanh, a probe that pools by attention. */
export const siglip: VisionFamily = {
  modelTypes: ['siglip_vision_model'],
  wholeType: 'siglip',
  spec: (config): VisionSpec => ({
    ...visionSizes(config, { patch: 16, epsilon: 1e-6, activation: 'gelu_pytorch_tanh' }),
    queryKeyValueBias: true,
    patchBias: true,
    finalNorm: true,
    pooler: 'attention',
    names: {
      patch: 'embeddings.patch_embedding',
      positions: { name: 'embeddings.position_embedding.weight', rank: 2 },
      classToken: null,
      preNorm: null,
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
      pooler: 'head',
    },
  }),
  processor: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], filter: 'bicubic', shortestEdge: null },
};
