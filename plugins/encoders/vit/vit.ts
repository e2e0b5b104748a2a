import type { VisionFamily } from 'mienlab/plugin';
import { visionSizes, type VisionSpec } from 'mienlab/tensor';

/** Names of transformers 5 and those of the hub. */
const renamed: readonly [RegExp, string][] = [
  [/^layers\./, 'encoder.layer.'],
  [/\.attention\.q_proj\./, '.attention.attention.query.'],
  [/\.attention\.k_proj\./, '.attention.attention.key.'],
  [/\.attention\.v_proj\./, '.attention.attention.value.'],
  [/\.attention\.o_proj\./, '.attention.output.dense.'],
  [/\.mlp\.fc1\./, '.intermediate.dense.'],
  [/\.mlp\.fc2\./, '.output.dense.'],
];

/** The first ViT (Dosovitskiy et al., 2021): a class token, pooled through a tanh layer. */
export const vit: VisionFamily = {
  modelTypes: ['vit'],
  spec: (config): VisionSpec => ({
    ...visionSizes(config, { patch: 16, epsilon: 1e-12, activation: 'gelu' }),
    queryKeyValueBias: config.flag('qkv_bias', true),
    patchBias: true,
    finalNorm: true,
    pooler: 'class-tanh',
    names: {
      patch: 'embeddings.patch_embeddings.projection',
      positions: { name: 'embeddings.position_embeddings', rank: 3 },
      classToken: { name: 'embeddings.cls_token', rank: 3 },
      preNorm: null,
      layer: (index) => `encoder.layer.${index}`,
      firstNorm: 'layernorm_before',
      query: 'attention.attention.query',
      key: 'attention.attention.key',
      value: 'attention.attention.value',
      out: 'attention.output.dense',
      scales: null,
      secondNorm: 'layernorm_after',
      up: 'intermediate.dense',
      down: 'output.dense',
      norm: 'layernorm',
      pooler: 'pooler.dense',
    },
  }),
  rename: (name) => renamed.reduce((text, [from, to]) => text.replace(from, to), name),
  processor: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], filter: 'bilinear', shortestEdge: null },
};
