import type { Tensor, Variable } from '@tensorflow/tfjs';
import type { Random } from '../../contracts/index.js';
import { kernels, type HeadShape } from '../kernels/kernels.js';
import { attention } from '../ops/attention.js';
import { gelu } from '../ops/gelu.js';
import { linear } from '../ops/linear.js';
import { rmsNorm } from '../ops/rms-norm.js';
import { tensorflow } from '../tensorflow.js';
import { constantVariable, normalVariable } from '../variables.js';

/** Weights of one pre-norm block: attention with packed queries, keys and values, then a GELU MLP; no biases. */
export interface BlockWeights {
  attentionNorm: Variable;
  packed: Variable;
  out: Variable;
  mlpNorm: Variable;
  up: Variable;
  down: Variable;
}

export interface BlockSize {
  width: number;
  /** Width of the MLP's inner layer. */
  inner: number;
  /** Blocks in the stack: the layers that add to the residual stream start smaller by the root of twice this (Radford et al., 2019, section 2.3). */
  depth: number;
}

export function blockWeights(random: Random, { width, inner, depth }: BlockSize): BlockWeights {
  const residual = 1 / Math.sqrt(2 * depth);
  return {
    attentionNorm: constantVariable([width], 1),
    packed: normalVariable(random.fork('packed'), [width, 3 * width], 1 / Math.sqrt(width)),
    out: normalVariable(random.fork('out'), [width, width], residual / Math.sqrt(width)),
    mlpNorm: constantVariable([width], 1),
    up: normalVariable(random.fork('up'), [width, inner], 1 / Math.sqrt(width)),
    down: normalVariable(random.fork('down'), [inner, width], residual / Math.sqrt(inner)),
  };
}

/**
 * The block over x [batch * length, width]; `mask` as in `attention`. With `from` only the tokens from there on come out,
 * [batch * (length - from), width]: the last block of a decoder need not go on with those that predict nothing. Differentiable.
 */
export function transformerBlock(x: Tensor, weights: BlockWeights, mask: Tensor | null, shape: HeadShape, from = 0): Tensor {
  const tf = tensorflow();
  const { batch, length } = shape;
  const width = x.shape[1]!;
  const rest = (rows: Tensor) =>
    from === 0 ? rows : tf.reshape(tf.slice(tf.reshape(rows, [batch, length, width]), [0, from, 0]), [batch * (length - from), width]);
  const packed = linear(rmsNorm(x, weights.attentionNorm), weights.packed);
  const attended = tf.add(rest(x), linear(rest(attention(packed, mask, shape)), weights.out));
  return tf.add(attended, mlp(attended, weights));
}

function mlp(x: Tensor, weights: BlockWeights): Tensor {
  return linear(gelu(linear(rmsNorm(x, weights.mlpNorm), weights.up)), weights.down);
}

/** Keys and values of what came before, [batch, head, capacity, width / heads]; places not filled yet are zero. */
export type KeyValueCache = { keys: Tensor; values: Tensor };

/**
 * The block over new tokens x [batch * length, width] that also look at the cache. Null: these are the first, at places 0..length-1 of a
 * cache of `capacity`; else they are one (length 1) and `place` [1, 1, capacity, 1] is 1 where it goes and 0 elsewhere. `mask` [batch or 1, 1,
 * length, capacity] is added to the scores. The old cache is left to the caller. Not differentiable.
 */
export function cachedBlock(
  x: Tensor,
  weights: BlockWeights,
  cache: KeyValueCache | null,
  { mask, place, capacity, ...shape }: HeadShape & { mask: Tensor; place: Tensor | null; capacity: number },
): { x: Tensor; cache: KeyValueCache } {
  const tf = tensorflow();
  const k = kernels();
  const { length, heads } = shape;
  const part = x.shape[1]! / heads;
  const packed = k.matMul(rmsNorm(x, weights.attentionNorm), weights.packed);
  const [queries, keys, values] = k.splitHeads(packed, 3, shape);
  const fill = (old: Tensor | undefined, added: Tensor) =>
    old && place
      ? k.add(old, k.mul(place, added))
      : tf.pad(added, [
          [0, 0],
          [0, 0],
          [0, capacity - length],
          [0, 0],
        ]);
  const filled = { keys: fill(cache?.keys, keys!), values: fill(cache?.values, values!) };
  const scores = k.batchMatMul(k.scale(queries!, 1 / Math.sqrt(part)), filled.keys, false, true);
  const out = k.batchMatMul(k.softmax(k.add(scores, mask)), filled.values);
  const attended = k.add(x, k.matMul(k.mergeHeads([out], shape), weights.out));
  return { x: k.add(attended, mlp(attended, weights)), cache: filled };
}
