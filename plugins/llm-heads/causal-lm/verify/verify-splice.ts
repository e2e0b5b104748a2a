import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import { Fault } from 'mienlab/faults';
import type { Comparisons, GoldenValues } from 'mienlab/plugin';
import { kernels, tensorflow, tidy } from 'mienlab/tensor';
import type { Decoder } from '../decoder.js';
import { goldenLoss, integers, sequencesOf, type GoldenBatch } from './golden-batch.js';
import { gradientsOf } from './tuning.js';
import { tolerances } from './tolerances.js';

/** Visual embeddings in the place of each row's image token: logits, loss, and the gradient of the visual embeddings. */
export async function verifySplice(decoder: Decoder, golden: GoldenValues, comparisons: Comparisons): Promise<void> {
  const splice = golden.part('splice');
  if (!splice) return;
  const tf = tensorflow();
  const visual = golden.tensor('splice.visual');
  const count = splice.number('num_visual');
  const imageToken = splice.number('image_token_id');
  const ids = splice.rows('input_ids');
  const order = spliceOrder(ids, imageToken, count);
  const mask = splice.rows('attention_mask');
  const labels = splice.rows('labels');
  const positions = order.map((row) => row.map((_, place) => place));
  const batch: GoldenBatch = { ids: order, mask, labels, positions };
  const variable = tf.tidy(() => tf.variable(tf.tensor(visual.data, [ids.length * count, visual.shape[2]!])));
  const rows = () => decoder.splice(integers(ids), variable, integers(order));
  try {
    const { embeddings, logits } = tidy(() => {
      const embeddings = rows();
      return { embeddings, logits: decoder.logits(decoder.forward(embeddings, sequencesOf(batch, true))) };
    });
    const flat = mask.flat();
    if (golden.hasTensor('splice.inputs_embeds')) {
      comparisons.absolute('splice.inputs_embeds', await embeddings.data(), golden.tensor('splice.inputs_embeds').data, 0, flat);
    }
    comparisons.activations('splice.logits', await logits.data(), golden.tensor('splice.logits').data, tolerances.activations, flat);
    tf.dispose([embeddings, logits]);
    if (!golden.hasTensor('splice.grad_visual')) {
      const loss = tf.tidy(() => goldenLoss(decoder, rows(), sequencesOf(batch, false), labels));
      comparisons.absolute('splice.loss', await loss.data(), [splice.number('loss')], tolerances.loss);
      loss.dispose();
      return;
    }
    const table = decoder.variables['model.embed_tokens.weight']!;
    await compareGradients(() => goldenLoss(decoder, rows(), sequencesOf(batch, false), labels), { visual: variable, table });
  } finally {
    variable.dispose();
  }

  async function compareGradients(lossFunction: () => Scalar, variables: { visual: Variable; table: Variable }): Promise<void> {
    const { loss, gradients } = await gradientsOf(lossFunction, variables);
    comparisons.absolute('splice.loss', [loss], [splice!.number('loss')], tolerances.loss);
    const expected = golden.tensor('splice.grad_visual').data;
    comparisons.relative('splice.grad_visual', await gradients.get('visual')!.data(), expected, tolerances.gradients);
    for (const [key, gradient] of [
      ['grad_visual_norm', gradients.get('visual')!],
      ['grad_embed_tokens_norm', gradients.get('table')!],
    ] as [string, Tensor][]) {
      if (!splice!.has(key)) continue;
      const squares = kernels().sumOfSquares([gradient]);
      comparisons.relative(`splice.${key}`, [Math.sqrt((await squares.data())[0]!)], [splice!.number(key)], tolerances.gradients);
      squares.dispose();
    }
    tf.dispose([...gradients.values()]);
  }
}

/** Which of all text rows, then all visual rows, stands where once each row's one image token has become its visual embeddings. */
export function spliceOrder(ids: readonly (readonly number[])[], imageToken: number, count: number): number[][] {
  const length = ids[0]!.length;
  return ids.map((row, i) => {
    const places = row.flatMap((id, place) => (id === imageToken ? [place] : []));
    if (places.length !== 1)
      throw new Fault('CHECKPOINT_INVALID', `golden.json: splice: row ${i} has ${places.length} image tokens, expected 1`);
    const visual = Array.from({ length: count }, (_, j) => ids.length * length + i * count + j);
    return row.flatMap((_, place) => (place === places[0] ? visual : [i * length + place]));
  });
}
