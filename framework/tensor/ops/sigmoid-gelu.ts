import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';
import { tidy } from '../tidy.js';

const slope = 2 * Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

/**
 * GELU with tanh in place of erf (Hendrycks & Gimpel, 2016; torch's approximate='tanh'): 0.5 x (1 + tanh(u)), which is x times the sigmoid of 2u,
 * u = sqrt(2/pi) (x + 0.044715 x^3).
 */
export function geluTanh(x: Tensor): Tensor {
  const k = kernels();
  return differentiable<[Tensor, Tensor]>(
    { x },
    (save) => {
      const share = k.sigmoid(k.mul(x, k.shift(k.scale(k.square(x), slope * cubic), slope)));
      save(x, share);
      return k.mul(x, share);
    },
    (dy, [x, share]) => ({
      x: () =>
        tidy(() => {
          const inner = k.mul(x, k.shift(k.scale(k.square(x), 3 * slope * cubic), slope));
          return k.mul(dy, k.add(share, k.sigmoidGradient(share, inner)));
        }),
    }),
  );
}

/** x times the sigmoid of 1.702 x (transformers' quick_gelu, which CLIP was trained with). */
export function quickGelu(x: Tensor): Tensor {
  const k = kernels();
  return differentiable<[Tensor, Tensor]>(
    { x },
    (save) => {
      const share = k.sigmoid(k.scale(x, 1.702));
      save(x, share);
      return k.mul(x, share);
    },
    (dy, [x, share]) => ({
      x: () => tidy(() => k.mul(dy, k.add(share, k.sigmoidGradient(share, k.scale(x, 1.702))))),
    }),
  );
}
