import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { tensorflow } from '../tensorflow.js';

/**
 * Averages the tokens of every image, [clip, time, rows * columns, width] to [clip, time, outRows * outColumns, width], cell by cell of the
 * smaller grid. Differentiable.
 */
export function poolGrid(tokens: Tensor4D, grid: { rows: number; columns: number; outRows: number; outColumns: number }): Tensor4D {
  const tf = tensorflow();
  const { rows, columns, outRows, outColumns } = grid;
  const [clips, time, , width] = tokens.shape;
  const images = clips * time;
  const mean = (x: Tensor, outer: number, inner: number, size: number) =>
    inner === 1 ? x : tf.mean(tf.reshape(x, [outer, inner, size]), 1);
  const tall = mean(tokens, images * outRows, rows / outRows, columns * width);
  return tf.reshape(mean(tall, images * outRows * outColumns, columns / outColumns, width), [clips, time, outRows * outColumns, width]);
}
