import type { Scalar, Tensor, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow.js';
import type { AdamKernel, Kernels } from './kernels.js';

/** Kernels out of tfjs calls that all of cpu, wasm, webgpu and tensorflow have. */
export function portableKernels(tf: Tensorflow): Kernels {
  // wasm multiplies transposed matrices ten times slower than it turns them first (1024 x 128 x 344: 63 against 6 ms); of stacks of
  // matrices it does all alike.
  const turned = (x: Tensor, turn: boolean) => (turn ? tf.transpose(x, [1, 0]) : x);
  const matMul = (a: Tensor, b: Tensor, ta = false, tb = false): Tensor =>
    tf.tidy(() => {
      // The gradient of a tall weight: to turn the narrow side, then the product, moves far less (3072 x 432 by 64: 10 against 20 ms).
      if (ta && !tb && a.shape[1]! > 4 * b.shape[1]!) return tf.transpose(matMul(b, a, true), [1, 0]);
      return tf.matMul(turned(a, ta), turned(b, tb));
    });
  return {
    add: (a, b) => tf.add(a, b),
    sub: (a, b) => tf.sub(a, b),
    mul: (a, b) => tf.mul(a, b),
    scale: (x, factor) => tf.mul(x, factor),
    shift: (x, offset) => tf.add(x, offset),
    square: (x) => tf.square(x),
    rsqrt: (x) => tf.rsqrt(x),
    exp: (x) => tf.exp(x),
    erf: (x) => tf.erf(x),
    cos: (x) => tf.cos(x),
    sin: (x) => tf.sin(x),
    isNot: (integers, value) => tf.tidy(() => tf.cast(tf.notEqual(integers, tf.scalar(value, 'int32')), 'float32')),
    toFloat: (integers) => tf.cast(integers, 'float32'),
    sigmoid: (x) => tf.sigmoid(x),
    sigmoidGradient: (y, dy) => tf.tidy(() => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
    softplus: (x) => tf.softplus(x),
    sum: (x, axis, keep) => tf.sum(x, axis, keep),
    mean: (x, axis, keep) => tf.mean(x, axis, keep),
    matMul,
    batchMatMul: (a, b, ta, tb) => tf.matMul(a, b, ta, tb),
    softmax: (x) => tf.softmax(x),
    smallMatMul: (a, b, ta, tb) => tf.matMul(a, b, ta, tb),
    smallSoftmax: (x) => tf.softmax(x),
    transpose: (x, order) => tf.transpose(x, order as number[]),
    reshape: (x, shape) => tf.reshape(x, shape as number[]),
    swapHalves: (x) => tf.tidy(() => tf.concat(tf.split(x, 2, x.rank - 1).reverse(), x.rank - 1)),
    // Each part by itself: wasm transposes five axes thirty times slower than four.
    splitHeads: (packed, count, { batch, length, heads }) =>
      tf.tidy(() => {
        const part = packed.shape[1]! / count / heads;
        return tf.split(packed, count, 1).map((rows) => tf.transpose(tf.reshape(rows, [batch, length, heads, part]), [0, 2, 1, 3]));
      }),
    mergeHeads: (parts, { batch, length }) =>
      tf.tidy(() => {
        const rows = parts.map((part) => tf.reshape(tf.transpose(part, [0, 2, 1, 3]), [batch * length, part.size / batch / length]));
        return rows.length === 1 ? rows[0]! : tf.concat(rows, 1);
      }),
    gather: (table, ids) => tf.gather(table, ids as Tensor1D),
    // wasm has no UnsortedSegmentSum.
    scatterAdd: (dy, ids, rows) =>
      tf.tidy(() => tf.matMul(tf.transpose(tf.oneHot(ids as Tensor1D, rows).toFloat() as Tensor2D), dy as Tensor2D)),
    softmaxCrossEntropy: (logits, labels) => {
      const [losses, gradient] = tf.tidy(() => {
        const shifted = tf.sub(logits, tf.max(logits, -1, true));
        const exponentials = tf.exp(shifted);
        const total = tf.sum(exponentials, -1, true);
        const truth = tf.oneHot(labels as Tensor1D, logits.shape[1]!).toFloat();
        const losses = tf.sub(tf.reshape(tf.log(total), [logits.shape[0]!]), tf.sum(tf.mul(shifted, truth), -1));
        return [losses, tf.sub(tf.div(exponentials, total), truth)];
      }) as [Tensor, Tensor];
      return { losses, gradient };
    },
    // tfjs seeds by a number alone, so the seed is read; these kernels run at once, never in a graph.
    dropoutMask: (shape, rate, seed, site) =>
      tf.tidy(() => {
        const uniform = tf.randomUniform(shape as number[], 0, 1, 'float32', `${seed.dataSync()[0]!}/${site}`);
        return tf.mul(tf.cast(tf.greaterEqual(uniform, rate), 'float32'), 1 / (1 - rate));
      }),
    sumOfSquares: (tensors) =>
      tf.tidy(() => tensors.map((tensor) => tf.sum(tf.square(tensor))).reduce((sum, term) => tf.add(sum, term)) as Scalar),
    fromBytes: (bytes, shape) => tf.tensor(Float32Array.from(bytes), shape as number[]),
    adam: (variables) => portableAdam(tf, variables),
    release: () => {},
  };
}

function portableAdam(tf: Tensorflow, variables: readonly Variable[]): AdamKernel {
  const moments = variables.map((variable) => ({
    m: tf.keep(tf.zeros(variable.shape)) as Tensor,
    v: tf.keep(tf.zeros(variable.shape)) as Tensor,
  }));
  const renew = (old: Tensor, make: () => Tensor) => {
    const renewed = tf.keep(tf.tidy(make));
    old.dispose();
    return renewed;
  };
  return {
    apply(gradients, { learningRate, keep, beta1, beta2, epsilon, gradientScale, updates }) {
      variables.forEach((variable, i) => {
        const given = gradients[i];
        if (!given) return;
        const moment = moments[i]!;
        const correction1 = 1 - beta1 ** updates[i]!;
        const correction2 = 1 - beta2 ** updates[i]!;
        tf.tidy(() => {
          const gradient = gradientScale === 1 ? given : given.mul(gradientScale);
          moment.m = renew(moment.m, () => moment.m.mul(beta1).add(gradient.mul(1 - beta1)));
          moment.v = renew(moment.v, () => moment.v.mul(beta2).add(gradient.square().mul(1 - beta2)));
          const root = moment.v.sqrt().div(Math.sqrt(correction2)).add(epsilon);
          variable.assign(variable.mul(keep).sub(moment.m.div(root).mul(learningRate / correction1)));
        });
      });
    },
    moments: () =>
      Promise.all(moments.map(async ({ m, v }) => ({ m: (await m.data()) as Float32Array, v: (await v.data()) as Float32Array }))),
    restore(given) {
      moments.forEach((moment, i) => {
        const { shape } = variables[i]!;
        moment.m = renew(moment.m, () => tf.tensor(given[i]!.m, shape));
        moment.v = renew(moment.v, () => tf.tensor(given[i]!.v, shape));
      });
    },
    dispose() {
      for (const { m, v } of moments) tf.dispose([m, v]);
    },
  };
}
