import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';

/** Gaussian error linear unit, x times the standard normal distribution function of x, with erf and not its approximation (Hendrycks & Gimpel, 2016). */
export function gelu(x: Tensor): Tensor {
  const k = kernels();
  return differentiable<[Tensor, Tensor]>(
    { x },
    (save) => {
      const share = k.shift(k.scale(k.erf(k.scale(x, Math.SQRT1_2)), 0.5), 0.5);
      save(x, share);
      return k.mul(x, share);
    },
    (dy, [x, share]) => ({
      x: () => {
        const density = k.scale(k.exp(k.scale(k.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return k.mul(dy, k.add(share, k.mul(x, density)));
      },
    }),
  );
}
