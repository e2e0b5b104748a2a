import type { Tensor, Tensor3D } from '@tensorflow/tfjs';
import { cachedBlock, EagerSession, embed, linear, rmsNorm, tensorflow, type DecodePass, type KeyValueCache } from 'mienlab/tensor';
import type { TinyDecoderConfig } from './plugin.js';
import type { DecoderWeights } from './tiny-decoder.js';

/**
 * The decoder over a batch of prompts that are put in at once; `room` tokens can then be appended. The visual embeddings of sequence i are row
 * `rows[i]` of `visual`, which stays the caller's.
 */
export function tinySession(
  prompts: readonly number[][],
  { visual, rows, room }: { visual: Tensor3D; rows: readonly number[]; room: number },
  weights: DecoderWeights,
  { width, heads }: TinyDecoderConfig,
  end: number,
): EagerSession {
  const batch = prompts.length;
  // Text positions begin behind the visual embeddings.
  const first = visual.shape[1];
  const longest = Math.max(...prompts.map(({ length }) => length));
  const capacity = first + longest + room;

  function forward(
    x: Tensor,
    caches: readonly KeyValueCache[] | null,
    pass: { mask: Tensor; place: Tensor | null; length: number },
  ): DecodePass {
    const tf = tensorflow();
    const filled = weights.blocks.map((block, i) => {
      const through = cachedBlock(x, block, caches?.[i] ?? null, { batch, heads, capacity, ...pass });
      x = through.x;
      return through.cache;
    });
    const last =
      pass.length === 1 ? x : tf.reshape(tf.slice(tf.reshape(x, [batch, pass.length, width]), [0, pass.length - 1, 0]), [batch, width]);
    return { logits: linear(rmsNorm(last, weights.norm), weights.output), caches: filled };
  }

  return new EagerSession(
    { starts: prompts.map(({ length }) => longest - length), filled: first + longest, capacity },
    {
      vocabulary: end + 1,
      prefill: ({ starts, filled }) => {
        const tf = tensorflow();
        const own = rows.every((row, i) => row === i) ? visual : tf.gather(visual, tf.tensor1d([...rows], 'int32'));
        const mask = maskFor(starts, filled, 0, capacity);
        return forward(promptRows(prompts, own, longest, weights, end), null, { mask, place: null, length: filled });
      },
      step: (tokens, { starts, filled }, caches) => {
        const tf = tensorflow();
        const places = starts.map((start) => filled - first - start);
        const x = tf.add(embed(weights.embedding, tf.tensor1d(tokens, 'int32')), embed(weights.positions, tf.tensor1d(places, 'int32')));
        const place = tf.tensor4d(
          Float32Array.from({ length: capacity }, (_, i) => Number(i === filled)),
          [1, 1, capacity, 1],
        );
        return forward(x, caches, { mask: maskFor(starts, 1, filled, capacity), place, length: 1 });
      },
    },
  );
}

/** Embeddings of visual tokens and prompts, [batch * (visual + longest), width], each sample's at the end of its row. */
function promptRows(prompts: readonly number[][], visual: Tensor3D, longest: number, weights: DecoderWeights, end: number): Tensor {
  const tf = tensorflow();
  const [batch, visualTokens, width] = visual.shape;
  const ids = prompts.flatMap((prompt) => [...prompt, ...Array<number>(longest - prompt.length).fill(end)]);
  const places = prompts.flatMap(() => Array.from({ length: longest }, (_, i) => i));
  const text = tf.add(embed(weights.embedding, tf.tensor1d(ids, 'int32')), embed(weights.positions, tf.tensor1d(places, 'int32')));
  const prefix = visualTokens + longest;
  const rows = tf.reshape(tf.concat([visual, tf.reshape(text, [batch, longest, width]) as Tensor3D], 1), [batch * prefix, width]);
  if (prompts.every((prompt) => prompt.length === longest)) return rows;
  const order = prompts.flatMap((prompt, i) =>
    Array.from({ length: prefix }, (_, place) => i * prefix + Math.max(0, place - (longest - prompt.length))),
  );
  return embed(rows, tf.tensor1d(order, 'int32'));
}

/** 0 where query `first + row` may look: from the sample's start up to itself; else -1e9. [batch or 1, 1, rows, capacity]. */
function maskFor(starts: readonly number[], rows: number, first: number, capacity: number): Tensor {
  const tf = tensorflow();
  const different = starts.every((start) => start === 0) ? [0] : starts;
  const values = new Float32Array(different.length * rows * capacity).fill(-1e9);
  different.forEach((start, i) => {
    for (let row = 0; row < rows; row++) {
      const offset = (i * rows + row) * capacity;
      values.fill(0, offset + Math.min(start, first + row), offset + first + row + 1);
    }
  });
  return tf.tensor4d(values, [different.length, 1, rows, capacity]);
}
