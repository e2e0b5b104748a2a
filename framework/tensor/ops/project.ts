import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';
import { tensorflow } from '../tensorflow.js';
import { dropout, type DropoutSeed } from './dropout.js';

/** A low-rank addition to a linear layer (LoRA; Hu et al., 2022): scaling * B A, with A [rank, in] and B [out, rank]. */
export interface LoraWeights {
  a: Tensor;
  b: Tensor;
  scaling: number;
  /** Share of the input that the addition does not see while it is trained, 0..1. */
  dropout: number;
}

/** Weights of a linear layer as PyTorch and Hugging Face keep them: weight [out, in], bias [out]. */
export interface ProjectionWeights {
  weight: Tensor;
  bias?: Tensor;
  lora?: LoraWeights;
}

/**
 * x [row, in] to [row, out]: x W^T, plus bias, plus scaling * (dropout(x) A^T) B^T where there is LoRA. Dropout is at work where a seed is
 * given. Weights that get no gradient cost none.
 */
export function project(x: Tensor, { weight, bias, lora }: ProjectionWeights, seed?: DropoutSeed): Tensor {
  const base = affine(x, weight, bias);
  if (!lora) return base;
  const seen = seed && lora.dropout > 0 ? dropout(x, lora.dropout, seed) : x;
  return tensorflow().add(base, affine(affine(seen, lora.a, undefined, lora.scaling), lora.b));
}

/** factor * x W^T, plus bias. */
function affine(x: Tensor, weight: Tensor, bias?: Tensor, factor = 1): Tensor {
  const k = kernels();
  const scaled = (tensor: Tensor) => (factor === 1 ? tensor : k.scale(tensor, factor));
  return differentiable<[Tensor, Tensor]>(
    bias ? { x, weight, bias } : { x, weight },
    (save) => {
      save(x, weight);
      const product = scaled(k.matMul(x, weight, false, true));
      return bias ? k.add(product, bias) : product;
    },
    (dy, [x, weight]) => ({
      x: () => scaled(k.matMul(dy, weight)),
      weight: () => scaled(k.matMul(dy, x, true, false)),
      bias: () => k.sum(dy, 0, false),
    }),
  );
}
