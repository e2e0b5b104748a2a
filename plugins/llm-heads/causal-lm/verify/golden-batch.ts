import type { Scalar, Tensor } from '@tensorflow/tfjs';
import type { GoldenValues } from 'mienlab/plugin';
import { crossEntropy, tensorflow } from 'mienlab/tensor';
import type { Decoder, Sequences } from '../decoder.js';

/** A batch of reference inputs; rows by sequence. */
export interface GoldenBatch {
  ids: number[][];
  mask: number[][];
  /** -100: none. */
  labels: number[][] | null;
  positions: number[][];
}

/** `input_ids`, `attention_mask` and, where there are, `labels` and `position_ids` (else counted from the row's start). */
export function goldenBatch(golden: GoldenValues): GoldenBatch {
  const ids = golden.rows('input_ids');
  const alike = (key: string) => {
    const rows = golden.rows(key);
    if (rows.length === ids.length && rows[0]!.length === ids[0]!.length) return rows;
    throw golden.invalid(key, 'it has other sides than input_ids', `${ids.length} rows of ${ids[0]!.length}`);
  };
  return {
    ids,
    mask: alike('attention_mask'),
    labels: golden.has('labels') ? alike('labels') : null,
    positions: golden.has('position_ids') ? alike('position_ids') : ids.map((row) => row.map((_, place) => place)),
  };
}

/** int32 tensor of all numbers of the rows. */
export function integers(rows: readonly (readonly number[])[]): Tensor {
  return tensorflow().tensor1d(rows.flat(), 'int32');
}

/** The batch's sequences; with `masked` padding is told apart by the mask, else by causality alone. */
export function sequencesOf({ ids, mask, positions }: GoldenBatch, masked: boolean): Sequences {
  const [batch, length] = [ids.length, ids[0]!.length];
  const segments = masked ? tensorflow().tensor2d(mask) : null;
  return { batch, length, positions: integers(positions), segments };
}

/** Mean cross-entropy over the labelled tokens, each predicted from the token before it; logits are computed for those alone. Differentiable. */
export function goldenLoss(decoder: Decoder, x: Tensor, sequences: Sequences, labels: readonly (readonly number[])[]): Scalar {
  const tf = tensorflow();
  const rows: number[] = [];
  const targets: number[] = [];
  labels.forEach((row, i) =>
    row.forEach((label, place) => {
      if (label < 0 || place === 0) return;
      rows.push(i * row.length + place - 1);
      targets.push(label);
    }),
  );
  const hidden = decoder.forward(x, sequences, { rows: tf.tensor1d(rows, 'int32') });
  const weights = tf.fill([rows.length], 1 / rows.length);
  return crossEntropy(decoder.logits(hidden), tf.tensor1d(targets, 'int32'), weights);
}
