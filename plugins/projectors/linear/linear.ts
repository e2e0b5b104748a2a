import type { Random } from 'mienlab/contracts';
import { constantVariable, linear, normalVariable, type RowLayer } from 'mienlab/tensor';

/** One linear layer over every token. */
export function linearLayer(random: Random, width: number, hidden: number): RowLayer {
  const weights = normalVariable(random.fork('weights'), [width, hidden], 1 / Math.sqrt(width));
  const bias = constantVariable([hidden], 0);
  return { variables: { weights, bias }, apply: (rows) => linear(rows, weights, bias) };
}
