import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';

/**
 * Rows of a table [row, width] by int32 ids [n], each 0 <= id < row: [n, width]. The row `padding`, where there is one, gets no gradient (torch's
 * padding_idx).
 */
export function embed(table: Tensor, ids: Tensor, padding: number | null = null): Tensor {
  const k = kernels();
  const rows = table.shape[0]!;
  return differentiable<[Tensor]>(
    { table },
    (save) => {
      save(ids);
      return k.gather(table, ids);
    },
    (dy, [ids]) => ({
      table: () => k.scatterAdd(padding === null ? dy : k.mul(dy, k.reshape(k.isNot(ids, padding), [ids.size, 1])), ids, rows),
    }),
  );
}
