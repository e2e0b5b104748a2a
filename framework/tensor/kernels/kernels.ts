import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import { tensorflow } from '../tensorflow.js';
import { isNativeBackend } from './native-backend.js';
import { nativeKernels } from './native-kernels.js';
import { portableKernels } from './portable-kernels.js';

/**
 * What the differentiable operations are made of, without gradients of their own. Two sets exist: TensorFlow's operations called directly
 * (a fifth of the cost of a tfjs call), and tfjs calls that every backend has and does well. All tensors are float32 where not said.
 */
export interface Kernels {
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  /** Times, or plus, a number. */
  scale(x: Tensor, factor: number): Tensor;
  shift(x: Tensor, offset: number): Tensor;
  square(x: Tensor): Tensor;
  rsqrt(x: Tensor): Tensor;
  exp(x: Tensor): Tensor;
  erf(x: Tensor): Tensor;
  cos(x: Tensor): Tensor;
  sin(x: Tensor): Tensor;
  /** 1 where an int32 is another than `value`, else 0; float32. */
  isNot(integers: Tensor, value: number): Tensor;
  /** int32 to float32. */
  toFloat(integers: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  /** dy * y * (1 - y): the gradient of the sigmoid whose value is y. */
  sigmoidGradient(y: Tensor, dy: Tensor): Tensor;
  softplus(x: Tensor): Tensor;
  /** Over one axis. */
  sum(x: Tensor, axis: number, keepDims: boolean): Tensor;
  mean(x: Tensor, axis: number, keepDims: boolean): Tensor;
  /** [m, k] by [k, n]; either may be given transposed. */
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  /** The same over equal leading axes. */
  batchMatMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  /** Over the last axis. */
  softmax(x: Tensor): Tensor;
  /** `batchMatMul` and `softmax` for few rows, as a single token has: what starts faster may take longer for many. */
  smallMatMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  smallSoftmax(x: Tensor): Tensor;
  transpose(x: Tensor, order: readonly number[]): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  /** The halves of the last axis, an even number, exchanged. */
  swapHalves(x: Tensor): Tensor;
  /** `count` tensors packed side by side, [batch * length, count * width], to [batch, head, length, width / heads] each, and back. */
  splitHeads(packed: Tensor, count: number, shape: HeadShape): Tensor[];
  mergeHeads(parts: Tensor[], shape: HeadShape): Tensor;
  /** Rows of [row, width] by int32 ids [n]. */
  gather(table: Tensor, ids: Tensor): Tensor;
  /** Gradient of `gather` with regard to the table: rows of dy [n, width] summed where their id is equal, [rows, width]. */
  scatterAdd(dy: Tensor, ids: Tensor, rows: number): Tensor;
  /** Cross-entropy in nats of each row of logits [n, class] against int32 labels [n], and its gradient [n, class]. */
  softmaxCrossEntropy(logits: Tensor, labels: Tensor): { losses: Tensor; gradient: Tensor };
  /**
   * Zeros with probability `rate`, else 1 / (1 - rate). `seed` (int32, scalar) and `site`, a number for each place that draws, settle them:
   * the same two give the same values again. Another backend gives others.
   */
  dropoutMask(shape: readonly number[], rate: number, seed: Tensor, site: number): Tensor;
  /** Sum of the squares of all elements of all tensors. */
  sumOfSquares(tensors: readonly Tensor[]): Scalar;
  /** Float32 tensor of bytes. */
  fromBytes(bytes: Uint8Array, shape: readonly number[]): Tensor;
  /** Adam's moments for these variables, all zero. */
  adam(variables: readonly Variable[]): AdamKernel;
  /** Frees the constants kept so far; the kernels must not be used after. */
  release(): void;
}

export interface HeadShape {
  batch: number;
  /** Tokens a sequence. */
  length: number;
  heads: number;
}

/** One step of Adam. `gradientScale` multiplies the gradients (for clipping). */
export interface AdamStep {
  learningRate: number;
  /** Factor on each variable before the update: 1 - learning rate times weight decay. */
  keep: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  gradientScale: number;
  /** How many updates each variable will have had after this one, from 1; by variable. */
  updates: readonly number[];
}

export interface AdamKernel {
  /** `gradients` lie parallel to the variables and are left to the caller; a variable without one stays as it is. */
  apply(gradients: readonly (Tensor | null)[], step: AdamStep): void;
  /** By variable, for a checkpoint; what `restore` takes back. */
  moments(): Promise<AdamMoments[]>;
  restore(moments: readonly AdamMoments[]): void;
  dispose(): void;
}

interface AdamMoments {
  m: Float32Array;
  v: Float32Array;
}

const made = new WeakMap<object, Kernels>();

/** The kernels of the backend in use. */
export function kernels(): Kernels {
  const tf = tensorflow();
  const backend = tf.backend();
  let found = made.get(backend);
  if (!found) {
    found = isNativeBackend(backend) ? nativeKernels(tf, backend) : portableKernels(tf);
    made.set(backend, found);
  }
  return found;
}
