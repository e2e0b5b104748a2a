import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';

export interface AttentionShape {
  batch: number;
  /** Tokens a sequence. */
  length: number;
  heads: number;
}

/**
 * Scaled dot-product attention of several heads (Vaswani et al., 2017, eq. 1) over queries, keys and values packed side by side,
 * [batch * length, 3 * width], each `heads` times width / heads. `mask` is added to the scores [batch, head, query, key] and broadcasts;
 * null: none. Gives [batch * length, width].
 */
export function attention(packed: Tensor, mask: Tensor | null, { batch, length, heads }: AttentionShape): Tensor {
  const k = kernels();
  const width = packed.shape[1]! / 3;
  const part = width / heads;
  const scale = 1 / Math.sqrt(part);
  return differentiable<[Tensor, Tensor, Tensor, Tensor, Tensor]>(
    { packed },
    (save) => {
      const split = k.transpose(k.reshape(packed, [batch, length, 3, heads, part]), [2, 0, 3, 1, 4]);
      const [queries, keys, values] = k.unstack(split) as [Tensor, Tensor, Tensor];
      const scaled = k.scale(queries, scale);
      const scores = k.batchMatMul(scaled, keys, false, true);
      const weights = k.softmax(mask ? k.add(scores, mask) : scores);
      const out = k.batchMatMul(weights, values);
      save(scaled, keys, values, weights, out);
      return k.reshape(k.transpose(out, [0, 2, 1, 3]), [batch * length, width]);
    },
    (dy, [scaled, keys, values, weights, out]) => ({
      packed: () => {
        const dOut = k.transpose(k.reshape(dy, [batch, length, heads, part]), [0, 2, 1, 3]);
        // The softmax's gradient needs sum(weights * dWeights), which equals sum(out * dOut) (Dao et al., 2022, appendix B.2).
        const shared = k.sum(k.mul(dOut, out), 3, true);
        const dScores = k.mul(k.sub(k.batchMatMul(dOut, values, false, true), shared), weights);
        const dQueries = k.scale(k.batchMatMul(dScores, keys), scale);
        const dKeys = k.batchMatMul(dScores, scaled, true, false);
        const dValues = k.batchMatMul(weights, dOut, true, false);
        return k.reshape(k.transpose(k.stack([dQueries, dKeys, dValues]), [1, 3, 0, 2, 4]), [batch * length, 3 * width]);
      },
    }),
  );
}
