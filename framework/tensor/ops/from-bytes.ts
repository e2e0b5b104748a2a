import type { Tensor } from '@tensorflow/tfjs';
import { kernels } from '../kernels/kernels.js';

/** A float32 tensor of bytes (0..255), such as pixels. */
export function fromBytes(bytes: Uint8Array, shape: readonly number[]): Tensor {
  return kernels().fromBytes(bytes, shape);
}
