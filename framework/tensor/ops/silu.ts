import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';

/** Sigmoid linear unit, x times the sigmoid of x (Elfwing et al., 2018). */
export function silu(x: Tensor): Tensor {
  const k = kernels();
  return differentiable<[Tensor, Tensor]>(
    { x },
    (save) => {
      const gate = k.sigmoid(x);
      save(x, gate);
      return k.mul(x, gate);
    },
    (dy, [x, gate]) => ({
      // s + x s (1 - s) = s (1 + x (1 - s))
      x: () => k.add(k.mul(dy, gate), k.mul(x, k.sigmoidGradient(gate, dy))),
    }),
  );
}
