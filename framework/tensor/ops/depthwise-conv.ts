import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';
import { tensorflow } from '../tensorflow.js';
import { tidy } from '../tidy.js';

const side = 3;

/**
 * Each channel of x [image, height, width, channel] convolved with its own 3 x 3 weights [9, channel], row by row; black around the image,
 * whose size stays. The gradients use what every backend has: wasm and WebGPU have no kernels for them.
 */
export function depthwiseConv(x: Tensor4D, weights: Tensor): Tensor4D {
  const tf = tensorflow();
  const k = kernels();
  const channels = x.shape[3];
  const convolve = (image: Tensor, filter: Tensor) =>
    tf.depthwiseConv2d(image as Tensor4D, k.reshape(filter, [side, side, channels, 1]) as Tensor4D, 1, 'same');
  return differentiable<[Tensor, Tensor]>(
    { x, weights },
    (save) => {
      save(x, weights);
      return convolve(x, weights);
    },
    (dy, [x, weights]) => ({
      x: () => tidy(() => convolve(dy, tf.gather(weights, tf.tensor1d([8, 7, 6, 5, 4, 3, 2, 1, 0], 'int32')))),
      weights: () =>
        tidy(() => {
          const [images, height, width] = dy.shape as [number, number, number, number];
          const rows = images * height * width;
          const padded = tf.pad(x, [
            [0, 0],
            [1, 1],
            [1, 1],
            [0, 0],
          ]);
          const flat = k.reshape(dy, [rows, channels]);
          const taps = Array.from({ length: side * side }, (_, i) => {
            const from = [0, Math.floor(i / side), i % side, 0];
            const seen = k.reshape(tf.slice(padded, from, [images, height, width, channels]), [rows, channels]);
            return k.sum(k.mul(seen, flat), 0, false);
          });
          return tf.stack(taps);
        }),
    }),
  ) as Tensor4D;
}
