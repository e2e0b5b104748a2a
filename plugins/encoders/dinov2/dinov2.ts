import type { VisionFamily } from 'mienlab/plugin';
import { visionSizes, type ConfigFields, type VisionSpec } from 'mienlab/tensor';

/** Names of transformers 5 and those of the hub. */
const renamed: readonly [RegExp, string][] = [
  [/\.attention\.q_proj\./, '.attention.attention.query.'],
  [/\.attention\.k_proj\./, '.attention.attention.key.'],
  [/\.attention\.v_proj\./, '.attention.attention.value.'],
  [/\.attention\.o_proj\./, '.attention.output.dense.'],
];

function inner(config: ConfigFields, hidden: number): number {
  if (config.flag('use_swiglu_ffn', false))
    throw config.invalid('use_swiglu_ffn', 'gated MLPs (DINOv2 giant) are not supported', { expected: 'false' });
  return Math.trunc(hidden * config.positive('mlp_ratio', 4));
}

/** DINOv2 (Oquab et al., 2023) without registers: a class token and factors on what each layer adds. */
export const dinov2: VisionFamily = {
  modelTypes: ['dinov2'],
  spec: (config): VisionSpec => ({
    ...visionSizes(config, { patch: 14, epsilon: 1e-6, activation: 'gelu', inner }),
    queryKeyValueBias: config.flag('qkv_bias', true),
    patchBias: true,
    finalNorm: true,
    pooler: 'class',
    names: {
      patch: 'embeddings.patch_embeddings.projection',
      positions: { name: 'embeddings.position_embeddings', rank: 3 },
      classToken: { name: 'embeddings.cls_token', rank: 3 },
      preNorm: null,
      layer: (index) => `encoder.layer.${index}`,
      firstNorm: 'norm1',
      query: 'attention.attention.query',
      key: 'attention.attention.key',
      value: 'attention.attention.value',
      out: 'attention.output.dense',
      scales: ['layer_scale1.lambda1', 'layer_scale2.lambda1'],
      secondNorm: 'norm2',
      up: 'mlp.fc1',
      down: 'mlp.fc2',
      norm: 'layernorm',
      pooler: null,
    },
  }),
  rename: (name) => renamed.reduce((text, [from, to]) => text.replace(from, to), name),
  // 256 pixels, of which 224 are cut out.
  processor: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], filter: 'bicubic', shortestEdge: 256 / 224 },
};
