import type { Random } from 'mienlab/contracts';
import { constantVariable, gelu, linear, normalVariable, type RowLayer } from 'mienlab/tensor';

/** Linear, GELU, linear over every token; the inner layer is as wide as the LLM head’s embeddings. */
export function mlp2xGelu(random: Random, width: number, hidden: number): RowLayer {
  const up = normalVariable(random.fork('up'), [width, hidden], 1 / Math.sqrt(width));
  const upBias = constantVariable([hidden], 0);
  const down = normalVariable(random.fork('down'), [hidden, hidden], 1 / Math.sqrt(hidden));
  const downBias = constantVariable([hidden], 0);
  return { variables: { up, upBias, down, downBias }, apply: (rows) => linear(gelu(linear(rows, up, upBias)), down, downBias) };
}
