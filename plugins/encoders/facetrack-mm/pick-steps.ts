import type { Tensor, Tensor5D } from '@tensorflow/tfjs';
import { tensorflow } from 'mienlab/tensor';

/** Which of `count` images are seen when `steps` are: the middle ones of equal segments. */
export function spreadSteps(count: number, steps: number): number[] {
  return Array.from({ length: steps }, (_, j) => Math.floor(((j + 0.5) * count) / steps));
}

/** Images [clip, time, height, width, 3], those at these places of each clip. */
export function pickSteps(images: Tensor5D, places: readonly number[]): Tensor5D {
  const time = images.shape[1];
  return places.length === time ? images : tensorflow().gather(images, tensorflow().tensor1d([...places], 'int32'), 1);
}

/** 1 for each crop that shows something, 0 for a black one: [clip, time, height, width, 3] to [clip, time]. */
export function faceThere(crops: Tensor5D): Tensor {
  const tf = tensorflow();
  const [clips, time] = crops.shape;
  return tf.cast(tf.greater(tf.max(tf.reshape(crops, [clips, time, -1]), 2), 0), 'float32');
}

/**
 * The crops that show a face, of each clip, spread evenly over `steps`: fewer are repeated, more are thinned out, and their order stays.
 * A clip without any stays black. [clip, time, height, width, 3] to [clip, steps, height, width, 3].
 */
export function pickFaces(crops: Tensor5D, steps: number): Tensor5D {
  const tf = tensorflow();
  const [clips, time, height, width, channels] = crops.shape;
  const there = faceThere(crops);
  const upTo = Float32Array.from({ length: time * time }, (_, i) => Number(Math.floor(i / time) <= i % time));
  // How many faces there are up to each step, and where among all faces of the clip each of the new steps lies.
  const rank = tf.matMul(there as never, tf.tensor2d(upTo, [time, time]));
  const middle = tf.tensor2d(
    Array.from({ length: steps }, (_, j) => j + 0.5),
    [1, steps],
  );
  const place = tf.div(tf.mul(tf.sum(there, 1, true), middle), steps);
  const [at, from] = [tf.reshape(place, [clips, steps, 1]), tf.reshape(rank, [clips, 1, time])];
  const chosen = tf.logicalAnd(tf.greater(from, at), tf.lessEqual(tf.sub(from, 1), at));
  const picked = tf.mul(tf.cast(chosen, 'float32'), tf.reshape(there, [clips, 1, time]));
  const flat = tf.matMul(picked as never, tf.reshape(crops, [clips, time, height * width * channels]));
  return tf.reshape(flat, [clips, steps, height, width, channels]) as Tensor5D;
}
