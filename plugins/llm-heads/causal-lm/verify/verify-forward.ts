import type { Tensor } from '@tensorflow/tfjs';
import type { Comparisons, GoldenValues } from 'mienlab/plugin';
import { tensorflow, tidy } from 'mienlab/tensor';
import type { Decoder } from '../decoder.js';
import { goldenBatch, integers, sequencesOf, type GoldenBatch } from './golden-batch.js';
import { tolerances } from './tolerances.js';

/** Hidden states and logits, padded at the right and at the left, wherever the mask is 1. */
export async function verifyForward(decoder: Decoder, golden: GoldenValues, comparisons: Comparisons): Promise<void> {
  const right = goldenBatch(golden);
  const pass = forward(decoder, right);
  try {
    for (const [name, tensor] of Object.entries(pass)) {
      if (!golden.hasTensor(name)) continue;
      comparisons.activations(name, await tensor.data(), golden.tensor(name).data, tolerances.activations, right.mask.flat());
    }
  } finally {
    tensorflow().dispose(pass);
  }
  const padded = golden.part('left_padded');
  if (!padded || !golden.hasTensor('logits_left_padded')) return;
  const left = goldenBatch(padded);
  const { logits, ...others } = forward(decoder, left);
  tensorflow().dispose(others);
  const expected = golden.tensor('logits_left_padded').data;
  comparisons.activations('logits_left_padded', await logits.data(), expected, tolerances.activations, left.mask.flat());
  logits.dispose();
}

/** Tensors by the names that goldens have for them. */
function forward(decoder: Decoder, batch: GoldenBatch): { hidden_after_layer_1: Tensor; final_hidden_normed: Tensor; logits: Tensor } {
  const tf = tensorflow();
  return tidy(() => {
    let first: Tensor | undefined;
    const onLayer = (layer: number, hidden: Tensor) => {
      if (layer === 0) first = tf.clone(hidden);
    };
    const hidden = decoder.forward(decoder.embed(integers(batch.ids)), sequencesOf(batch, true), { onLayer });
    return { hidden_after_layer_1: first!, final_hidden_normed: hidden, logits: decoder.logits(hidden) };
  });
}
