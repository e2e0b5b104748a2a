import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';

/** silu(gate) * up, with silu(x) = x * sigmoid(x) (Shazeer, 2020, eq. 6); both of the same shape. */
export function swiglu(gate: Tensor, up: Tensor): Tensor {
  const k = kernels();
  return differentiable<[Tensor, Tensor, Tensor]>(
    { gate, up },
    (save) => {
      const share = k.sigmoid(gate);
      save(gate, up, share);
      return k.mul(k.mul(gate, share), up);
    },
    (dy, [gate, up, share]) => ({
      gate: () => k.mul(k.mul(dy, up), k.add(share, k.sigmoidGradient(share, gate))),
      up: () => k.mul(dy, k.mul(gate, share)),
    }),
  );
}
