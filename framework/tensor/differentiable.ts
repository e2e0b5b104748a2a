import type { Tensor } from '@tensorflow/tfjs';
import { tensorflow } from './tensorflow.js';

/** The engine's own way to record an operation with its gradient; tfjs types it as private and offers `customGrad`, which computes the gradients of all inputs always. */
interface TapeEngine {
  runKernelFunc(operation: {
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor;
    backwardsFunc: (dy: Tensor, saved: Tensor[]) => Record<string, () => Tensor>;
    inputs: Record<string, Tensor>;
  }): Tensor;
}

/**
 * An operation with a gradient of its own. `backward` names a function for each input; those of inputs that need no gradient (pixels,
 * frozen weights) are never called. Tensors that `backward` needs go through `save`; all others of `forward` are freed at its end.
 */
export function differentiable<Saved extends Tensor[]>(
  inputs: Record<string, Tensor>,
  forward: (save: (...tensors: Saved) => void) => Tensor,
  backward: (dy: Tensor, saved: Saved) => Record<string, () => Tensor>,
): Tensor {
  const engine = tensorflow().engine() as unknown as TapeEngine;
  return engine.runKernelFunc({
    inputs,
    forwardFunc: (_, save) => forward((...tensors) => save(tensors)),
    backwardsFunc: (dy, saved) => backward(dy, saved as Saved),
  });
}
