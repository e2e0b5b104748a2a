import type { TensorContainer } from '@tensorflow/tfjs';
import { tensorflow } from './tensorflow.js';

/** tfjs's tidy for any result: frees the tensors made in `body`, but for those found in what it returns (in arrays and plain objects). Not for async bodies. */
export function tidy<Result>(body: () => Result): Result {
  return tensorflow().tidy(body as () => TensorContainer) as Result;
}
