import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';

/** Root mean square layer normalisation of x [row, width], times gain [width] (Zhang & Sennrich, 2019, eq. 4). */
export function rmsNorm(x: Tensor, gain: Tensor, epsilon = 1e-5): Tensor {
  const k = kernels();
  return differentiable<[Tensor, Tensor, Tensor]>(
    { x, gain },
    (save) => {
      const inverse = k.rsqrt(k.shift(k.mean(k.square(x), 1, true), epsilon));
      const normal = k.mul(x, inverse);
      save(normal, inverse, gain);
      return k.mul(normal, gain);
    },
    (dy, [normal, inverse, gain]) => ({
      x: () => {
        const dNormal = k.mul(dy, gain);
        const along = k.mul(normal, k.mean(k.mul(dNormal, normal), 1, true));
        return k.mul(k.sub(dNormal, along), inverse);
      },
      gain: () => k.sum(k.mul(dy, normal), 0, false),
    }),
  );
}
