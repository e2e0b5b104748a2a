import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels, type HeadShape } from '../kernels/kernels.js';

/**
 * Scaled dot-product attention of several heads (Vaswani et al., 2017, eq. 1) over queries, keys and values packed side by side,
 * [batch * length, 3 * width], each `heads` times width / heads. `mask` is added to the scores [batch, head, query, key] and broadcasts;
 * null: none. Gives [batch * length, width].
 */
export function attention(packed: Tensor, mask: Tensor | null, shape: HeadShape): Tensor {
  const k = kernels();
  const scale = 1 / Math.sqrt(packed.shape[1]! / 3 / shape.heads);
  return differentiable<[Tensor, Tensor, Tensor, Tensor, Tensor]>(
    { packed },
    (save) => {
      const [queries, keys, values] = k.splitHeads(packed, 3, shape) as [Tensor, Tensor, Tensor];
      const scaled = k.scale(queries, scale);
      const scores = k.batchMatMul(scaled, keys, false, true);
      const weights = k.softmax(mask ? k.add(scores, mask) : scores);
      const out = k.batchMatMul(weights, values);
      save(scaled, keys, values, weights, out);
      return k.mergeHeads([out], shape);
    },
    (dy, [scaled, keys, values, weights, out]) => ({
      packed: () => {
        const [dOut] = k.splitHeads(dy, 1, shape) as [Tensor];
        // The softmax's gradient needs sum(weights * dWeights), which equals sum(out * dOut) (Dao et al., 2022, appendix B.2).
        const shared = k.sum(k.mul(dOut, out), 3, true);
        const dScores = k.mul(k.sub(k.batchMatMul(dOut, values, false, true), shared), weights);
        const dQueries = k.scale(k.batchMatMul(dScores, keys), scale);
        const dKeys = k.batchMatMul(dScores, scaled, true, false);
        const dValues = k.batchMatMul(weights, dOut, true, false);
        return k.mergeHeads([dQueries, dKeys, dValues], shape);
      },
    }),
  );
}
