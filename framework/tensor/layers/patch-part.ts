import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { Variables } from '../../contracts/index.js';
import { poolGrid } from '../ops/pool-grid.js';
import { tensorflow } from '../tensorflow.js';
import type { StreamPart } from './stream-projector.js';

/** A function of each row, [row, width] to [row, hidden], with its variables. */
export interface RowLayer {
  variables: Variables;
  apply(rows: Tensor): Tensor;
}

/** Every token of an image projected by itself, after they were averaged to fewer where `pooling` says so. */
export function patchPart(
  layer: RowLayer,
  { time, tokens }: { time: number; tokens: number },
  pooling: Parameters<typeof poolGrid>[1] | null,
): StreamPart {
  const left = pooling ? pooling.outRows * pooling.outColumns : tokens;
  return {
    variables: layer.variables,
    steps: time,
    tokens: left,
    project(given: Tensor4D) {
      const pooled = pooling ? poolGrid(given, pooling) : given;
      return layer.apply(tensorflow().reshape(pooled, [-1, given.shape[3]]));
    },
  };
}
