import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';

/** What settles a dropout: a seed that changes with every step (int32, scalar), and the number of the place that draws. */
export interface DropoutSeed {
  step: Tensor;
  site: number;
}

/** x with each element 0 by probability `rate`, 0..1, else divided by 1 - rate (Srivastava et al., 2014). The gradient draws the same again. */
export function dropout(x: Tensor, rate: number, { step, site }: DropoutSeed): Tensor {
  const k = kernels();
  return differentiable<[Tensor]>(
    { x },
    (save) => {
      save(step);
      return k.mul(x, k.dropoutMask(x.shape, rate, step, site));
    },
    (dy, [step]) => ({ x: () => k.mul(dy, k.dropoutMask(dy.shape, rate, step, site)) }),
  );
}
