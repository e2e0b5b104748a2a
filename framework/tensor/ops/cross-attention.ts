import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';
import { tidy } from '../tidy.js';

export interface CrossShape {
  batch: number;
  /** Queries, and keys, of each of the batch. */
  queries: number;
  keys: number;
  heads: number;
}

/**
 * Scaled dot-product attention of several heads (Vaswani et al., 2017, eq. 1) of queries [batch * queries, width] to keys and values
 * [batch * keys, width], all of which are seen. Gives [batch * queries, width].
 */
export function crossAttention(queries: Tensor, keys: Tensor, values: Tensor, shape: CrossShape): Tensor {
  const k = kernels();
  const { batch, heads } = shape;
  const scale = 1 / Math.sqrt(queries.shape[1]! / heads);
  const ofQueries = { batch, length: shape.queries, heads };
  const ofKeys = { batch, length: shape.keys, heads };
  const split = (x: Tensor, of: typeof ofKeys) => k.splitHeads(x, 1, of)[0]!;
  return differentiable<[Tensor, Tensor, Tensor, Tensor, Tensor]>(
    { queries, keys, values },
    (save) => {
      const [q, ks, vs] = [split(k.scale(queries, scale), ofQueries), split(keys, ofKeys), split(values, ofKeys)];
      const weights = k.softmax(k.batchMatMul(q, ks, false, true));
      const out = k.batchMatMul(weights, vs);
      save(q, ks, vs, weights, out);
      return k.mergeHeads([out], ofQueries);
    },
    (dy, [q, ks, vs, weights, out]) => {
      const { dQueries, dKeys, dValues } = tidy(() => {
        const dOut = split(dy, ofQueries);
        // The softmax's gradient needs sum(weights * dWeights), which equals sum(out * dOut) (Dao et al., 2022, appendix B.2).
        const shared = k.sum(k.mul(dOut, out), 3, true);
        const dScores = k.mul(k.sub(k.batchMatMul(dOut, vs, false, true), shared), weights);
        return {
          dQueries: k.scale(k.mergeHeads([k.batchMatMul(dScores, ks)], ofQueries), scale),
          dKeys: k.mergeHeads([k.batchMatMul(dScores, q, true, false)], ofKeys),
          dValues: k.mergeHeads([k.batchMatMul(weights, dOut, true, false)], ofKeys),
        };
      });
      return { queries: () => dQueries, keys: () => dKeys, values: () => dValues };
    },
  );
}
