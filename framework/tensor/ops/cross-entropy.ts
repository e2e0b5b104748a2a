import type { Scalar, Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';

/** Sum over rows of weight times cross-entropy, in nats: logits [row, class], int32 labels [row], weights [row]. */
export function crossEntropy(logits: Tensor, labels: Tensor, weights: Tensor): Scalar {
  const k = kernels();
  const rows = logits.shape[0]!;
  return differentiable<[Tensor, Tensor]>(
    { logits },
    (save) => {
      const { losses, gradient } = k.softmaxCrossEntropy(logits, labels);
      save(gradient, weights);
      return k.sum(k.mul(losses, weights), 0, false);
    },
    (dy, [gradient, weights]) => ({ logits: () => k.mul(gradient, k.reshape(k.mul(weights, dy), [rows, 1])) }),
  ) as Scalar;
}

/** Sum over rows of weight times the mean over columns of the binary cross-entropy, in nats: logits and targets (0..1) [row, column], weights [row, 1]. */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor, weights: Tensor): Scalar {
  const k = kernels();
  const columns = logits.shape[1]!;
  return differentiable<[Tensor, Tensor, Tensor]>(
    { logits },
    (save) => {
      save(logits, targets, weights);
      const losses = k.sub(k.softplus(logits), k.mul(logits, targets));
      return k.sum(k.reshape(k.mul(k.mean(losses, 1, true), weights), [logits.shape[0]!]), 0, false);
    },
    (dy, [logits, targets, weights]) => ({
      logits: () => k.mul(k.sub(k.sigmoid(logits), targets), k.scale(k.mul(weights, dy), 1 / columns)),
    }),
  ) as Scalar;
}
