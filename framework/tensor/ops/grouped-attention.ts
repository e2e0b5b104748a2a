import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';
import { tidy } from '../tidy.js';

export interface GroupedShape {
  batch: number;
  /** Queries a sequence. */
  length: number;
  /** Keys a sequence; default: as many as queries. */
  keys?: number;
  /** Heads of queries; `keyValueHeads` divides it. */
  heads: number;
  keyValueHeads: number;
}

/**
 * Grouped-query attention (Ainslie et al., 2023): queries [batch * length, heads * size], already divided by sqrt(size); keys and values
 * [batch * keys, keyValueHeads * size]; each of their heads serves heads / keyValueHeads neighbouring heads of queries. `mask` is added to
 * the scores, [batch or 1, 1, group * length, keys] (see `causalMask`); null: none. Gives [batch * length, heads * size].
 */
export function groupedAttention(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | null, shape: GroupedShape): Tensor {
  const k = kernels();
  const ofKeys = { batch: shape.batch, length: shape.keys ?? shape.length, heads: shape.keyValueHeads };
  const split = (keysOrValues: Tensor) => k.splitHeads(keysOrValues, 1, ofKeys)[0]!;
  return differentiable<[Tensor, Tensor, Tensor, Tensor, Tensor]>(
    { queries, keys, values },
    (save) => {
      const [q, ks, vs] = [groupHeads(queries, shape), split(keys), split(values)];
      const scores = k.batchMatMul(q, ks, false, true);
      const weights = k.softmax(mask ? k.add(scores, mask) : scores);
      const out = k.batchMatMul(weights, vs);
      save(q, ks, vs, weights, out);
      return ungroupHeads(out, shape);
    },
    (dy, [q, ks, vs, weights, out]) => {
      const { dQueries, dKeys, dValues } = tidy(() => {
        const dOut = groupHeads(dy, shape);
        // The softmax's gradient needs sum(weights * dWeights), which equals sum(out * dOut) (Dao et al., 2022, appendix B.2).
        const shared = k.sum(k.mul(dOut, out), 3, true);
        const dScores = k.mul(k.sub(k.batchMatMul(dOut, vs, false, true), shared), weights);
        return {
          dQueries: ungroupHeads(k.batchMatMul(dScores, ks), shape),
          dKeys: k.mergeHeads([k.batchMatMul(dScores, q, true, false)], ofKeys),
          dValues: k.mergeHeads([k.batchMatMul(weights, dOut, true, false)], ofKeys),
        };
      });
      return { queries: () => dQueries, keys: () => dKeys, values: () => dValues };
    },
  );
}

/** [batch * length, heads * size] to [batch, keyValueHeads, group * length, size]: the queries that share a key head, one head after the other. */
export function groupHeads(queries: Tensor, { batch, length, heads, keyValueHeads }: GroupedShape): Tensor {
  const k = kernels();
  const [split] = k.splitHeads(queries, 1, { batch, length, heads });
  return k.reshape(split!, [batch, keyValueHeads, (heads / keyValueHeads) * length, queries.shape[1]! / heads]);
}

/** Turns `groupHeads` back. */
export function ungroupHeads(grouped: Tensor, { batch, length, heads }: GroupedShape): Tensor {
  const k = kernels();
  return k.mergeHeads([k.reshape(grouped, [batch, heads, length, grouped.shape[3]!])], { batch, length, heads });
}
