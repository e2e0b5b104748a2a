import type { Tensor, Tensor3D } from '@tensorflow/tfjs';
import type { GenerateOptions, InstructionSample } from 'mienlab/contracts';
import { seededRandom } from 'mienlab/plugin';
import { cachedBlock, embed, linear, rmsNorm, tensorflow, tidy, type KeyValueCache } from 'mienlab/tensor';
import type { ByteBpe } from './byte-bpe.js';
import type { TinyDecoderConfig } from './plugin.js';
import { sampleToken } from './sample-token.js';
import { assertFits, tokenize } from './text-batch.js';
import type { DecoderWeights } from './tiny-decoder.js';

type State = { logits: Tensor; caches: KeyValueCache[] };

/**
 * Answers for a batch, token by token, with a key-value cache of fixed length. Prompts of different length are padded on the left.
 * Greedy at temperature 0; else each sample draws from a source of its own, so that the same seed and place in the batch give the same text.
 */
export async function generate(
  samples: readonly InstructionSample[],
  visual: Tensor3D,
  options: GenerateOptions,
  weights: DecoderWeights,
  config: TinyDecoderConfig,
  tokenizer: ByteBpe,
): Promise<string[]> {
  const tf = tensorflow();
  const batch = samples.length;
  const end = tokenizer.size;
  const prompts = samples.map((sample) => tokenize({ ...sample, answer: '' }, tokenizer, config.template).prompt);
  prompts.forEach((prompt, i) => assertFits(visual.shape[1], prompt.length + 1, config['context-length'], i));
  const longest = Math.max(...prompts.map((prompt) => prompt.length));
  const prefix = visual.shape[1] + longest;
  const newTokens = Math.min(options.maxNewTokens, config['context-length'] - prefix);
  const capacity = prefix + newTokens;
  const starts = prompts.map((prompt) => longest - prompt.length);
  const sources = samples.map((_, i) => seededRandom(options.seed).fork(`sample-${i}`));

  const answers: number[][] = samples.map(() => []);
  const finished = samples.map(() => false);
  let state: State | undefined;
  try {
    for (let step = 0; step < newTokens && finished.includes(false); step++) {
      const before: State | undefined = state;
      // Of the last token, which is the one to go in; every step but the first.
      const at = prefix + step - 1;
      const next: State = tidy(() => {
        if (!before) {
          const mask = maskFor(starts, prefix, 0, capacity);
          return forward(promptRows(prompts, visual, longest, weights, end), null, { mask, place: null, length: prefix });
        }
        const ids = answers.map((answer, i) => (finished[i] ? end : answer[step - 1]!));
        const places = prompts.map((prompt) => prompt.length + step - 1);
        const rows = tf.add(embed(weights.embedding, tf.tensor1d(ids, 'int32')), embed(weights.positions, tf.tensor1d(places, 'int32')));
        const place = tf.tensor4d(
          Float32Array.from({ length: capacity }, (_, i) => Number(i === at)),
          [1, 1, capacity, 1],
        );
        return forward(rows, before.caches, { mask: maskFor(starts, 1, at, capacity), place, length: 1 });
      });
      if (before) tf.dispose(before);
      state = next;
      const chosen = await choose(next.logits);
      chosen.forEach((id, i) => {
        if (id === end) finished[i] = true;
        if (!finished[i]) answers[i]!.push(id);
      });
    }
  } finally {
    if (state) tf.dispose(state);
  }
  return answers.map((answer) => tokenizer.decode(answer));

  function forward(x: Tensor, caches: KeyValueCache[] | null, pass: { mask: Tensor; place: Tensor | null; length: number }) {
    const { width, heads } = config;
    const shape = { batch, heads, capacity, ...pass };
    const filled = weights.blocks.map((block, i) => {
      const through = cachedBlock(x, block, caches?.[i] ?? null, shape);
      x = through.x;
      return through.cache;
    });
    const last =
      pass.length === 1 ? x : tf.reshape(tf.slice(tf.reshape(x, [batch, pass.length, width]), [0, pass.length - 1, 0]), [batch, width]);
    return { logits: linear(rmsNorm(last, weights.norm), weights.output), caches: filled };
  }

  async function choose(logits: Tensor): Promise<number[]> {
    if (options.temperature === 0) {
      const best = tf.argMax(logits, -1);
      const ids = await best.data();
      best.dispose();
      return [...ids];
    }
    const values = (await logits.data()) as Float32Array;
    const size = logits.shape[1]!;
    return samples.map((_, i) => sampleToken(values.subarray(i * size, (i + 1) * size), options, sources[i]!));
  }
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
