import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';
import { tidy } from '../tidy.js';

/** Layer normalisation of x [row, width] with gain and bias [width] (Ba et al., 2016, eq. 4). */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  const k = kernels();
  return differentiable<[Tensor, Tensor, Tensor]>(
    { x, gain, bias },
    (save) => {
      const centred = k.sub(x, k.mean(x, 1, true));
      const inverse = k.rsqrt(k.shift(k.mean(k.square(centred), 1, true), epsilon));
      const normal = k.mul(centred, inverse);
      save(normal, inverse, gain);
      return k.add(k.mul(normal, gain), bias);
    },
    (dy, [normal, inverse, gain]) => ({
      x: () =>
        tidy(() => {
          const dNormal = k.mul(dy, gain);
          const along = k.mul(normal, k.mean(k.mul(dNormal, normal), 1, true));
          return k.mul(k.sub(k.sub(dNormal, k.mean(dNormal, 1, true)), along), inverse);
        }),
      gain: () => tidy(() => k.sum(k.mul(dy, normal), 0, false)),
      bias: () => k.sum(dy, 0, false),
    }),
  );
}
