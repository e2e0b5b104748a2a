import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';

/** x [row, in] times weights [in, out], plus bias [out] where there is one. */
export function linear(x: Tensor, weights: Tensor, bias?: Tensor): Tensor {
  const k = kernels();
  return differentiable<[Tensor, Tensor]>(
    bias ? { x, weights, bias } : { x, weights },
    (save) => {
      save(x, weights);
      const product = k.matMul(x, weights);
      return bias ? k.add(product, bias) : product;
    },
    (dy, [x, weights]) => ({
      x: () => k.matMul(dy, weights, false, true),
      weights: () => k.matMul(x, dy, true, false),
      bias: () => k.sum(dy, 0, false),
    }),
  );
}
