import type { Variable } from '@tensorflow/tfjs';
import type { LoraWeights } from '../ops/project.js';
import { tensorflow } from '../tensorflow.js';
import type { LoraAdapter } from './lora-adapter.js';

/**
 * Puts an adapter's additions on a model's linear layers, as new variables that it gives, named as PEFT does: `<layer>.lora_A.weight` [rank, in],
 * `<layer>.lora_B.weight` [out, rank]. The caller disposes them.
 */
export function attachAdapter(model: { adapters: Map<string, LoraWeights> }, { config, pairs }: LoraAdapter): Record<string, Variable> {
  const tf = tensorflow();
  const variables: Record<string, Variable> = {};
  for (const [layer, { rank, scaling, a, b }] of pairs) {
    const variable = (values: Float32Array, shape: [number, number]) => tf.tidy(() => tf.variable(tf.tensor2d(values, shape)));
    const weights = { a: variable(a, [rank, a.length / rank]), b: variable(b, [b.length / rank, rank]) };
    variables[`${layer}.lora_A.weight`] = weights.a;
    variables[`${layer}.lora_B.weight`] = weights.b;
    model.adapters.set(layer, { ...weights, scaling, dropout: config.dropout });
  }
  return variables;
}
