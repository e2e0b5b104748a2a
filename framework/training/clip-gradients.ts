import type { Tensor } from '@tensorflow/tfjs';
import { kernels } from '../tensor/index.js';

/** Global norm of gradients, 0..infinity or NaN. */
export async function gradientNorm(gradients: readonly (Tensor | null)[]): Promise<number> {
  const squares = kernels().sumOfSquares(gradients.filter((gradient) => gradient !== null));
  const [sum] = await squares.data();
  squares.dispose();
  return Math.sqrt(sum!);
}

/** Factor on gradients of this global norm that clips them, as torch.nn.utils.clip_grad_norm_ does it, its 1e-6 included. `clip` 0: no limit. */
export function clipScale(norm: number, clip: number): number {
  return clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
}
