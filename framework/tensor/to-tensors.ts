import type { Tensor } from '@tensorflow/tfjs';
import type { HostBatch } from '../contracts/index.js';
import { kernels } from './kernels/kernels.js';
import { tensorflow } from './tensorflow.js';

/** Tensors of a batch's arrays by the same names: int32 of Int32Array, else float32. The caller frees them. */
export function toTensors<Batch extends HostBatch>(batch: Batch): Record<keyof Batch, Tensor> {
  const tf = tensorflow();
  const tensors = Object.entries(batch).map(([name, { data, shape }]) => [
    name,
    data instanceof Uint8Array
      ? kernels().fromBytes(data, shape)
      : tf.tensor(data, shape as number[], data instanceof Int32Array ? 'int32' : 'float32'),
  ]);
  return Object.fromEntries(tensors) as Record<keyof Batch, Tensor>;
}
