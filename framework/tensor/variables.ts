import type { Variable } from '@tensorflow/tfjs';
import type { Random } from '../contracts/index.js';
import { elementCount } from './element-count.js';
import { tensorflow } from './tensorflow.js';

/** A trainable variable drawn from a normal distribution around 0. */
export function normalVariable(random: Random, shape: readonly number[], deviation: number): Variable {
  const values = new Float32Array(elementCount(shape));
  for (let i = 0; i < values.length; i++) values[i] = random.normal() * deviation;
  return variableOf(values, shape);
}

/** A trainable variable with the same value everywhere. */
export function constantVariable(shape: readonly number[], value: number): Variable {
  return variableOf(new Float32Array(elementCount(shape)).fill(value), shape);
}

function variableOf(values: Float32Array, shape: readonly number[]): Variable {
  const tf = tensorflow();
  return tf.tidy(() => tf.variable(tf.tensor(values, shape as number[])));
}
