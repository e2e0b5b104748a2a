import type { Tensor, Tensor3D } from '@tensorflow/tfjs';
import { cachedBlock, embed, linear, rmsNorm, tensorflow, tidy, type DecodeSession, type KeyValueCache } from 'mienlab/tensor';
import type { TinyDecoderConfig } from './plugin.js';
import type { DecoderWeights } from './tiny-decoder.js';

type State = { logits: Tensor; caches: KeyValueCache[] };

/** The decoder over a batch of prompts that were put in at once, with a cache of fixed length. */
export class TinySession implements DecodeSession {
  readonly batch: number;
  readonly vocabulary: number;
  readonly #capacity: number;
  /** Visual embeddings: text positions begin behind them. */
  readonly #visual: number;
  /** Where each sequence begins: prompts are padded on the left. */
  #starts: number[];
  #filled: number;
  #state: State;

  /** The visual embeddings of sequence i are row `rows[i]` of `visual`; `room` tokens can be appended. They stay the caller's. */
  constructor(
    prompts: readonly number[][],
    { visual, rows, room }: { visual: Tensor3D; rows: readonly number[]; room: number },
    private readonly weights: DecoderWeights,
    private readonly config: TinyDecoderConfig,
    end: number,
  ) {
    const longest = Math.max(...prompts.map(({ length }) => length));
    this.batch = prompts.length;
    this.vocabulary = end + 1;
    this.#visual = visual.shape[1];
    this.#filled = this.#visual + longest;
    this.#capacity = this.#filled + room;
    this.#starts = prompts.map(({ length }) => longest - length);
    const tf = tensorflow();
    this.#state = tidy(() => {
      const mask = maskFor(this.#starts, this.#filled, 0, this.#capacity);
      const own = rows.every((row, i) => row === i) ? visual : tf.gather(visual, tf.tensor1d([...rows], 'int32'));
      return this.#forward(promptRows(prompts, own, longest, weights, end), null, { mask, place: null, length: this.#filled });
    });
  }

  get room(): number {
    return this.#capacity - this.#filled;
  }

  async logits(): Promise<Float32Array> {
    return (await this.#state.logits.data()) as Float32Array;
  }

  async argmax(): Promise<Int32Array> {
    const best = tensorflow().argMax(this.#state.logits, -1);
    try {
      return (await best.data()) as Int32Array;
    } finally {
      best.dispose();
    }
  }

  append(tokens: Int32Array): void {
    const at = this.#filled++;
    const { weights } = this;
    this.#replace(() => {
      const tf = tensorflow();
      const places = this.#starts.map((start) => at - this.#visual - start);
      const x = tf.add(embed(weights.embedding, tf.tensor1d(tokens, 'int32')), embed(weights.positions, tf.tensor1d(places, 'int32')));
      const place = tf.tensor4d(
        Float32Array.from({ length: this.#capacity }, (_, i) => Number(i === at)),
        [1, 1, this.#capacity, 1],
      );
      return this.#forward(x, this.#state.caches, { mask: maskFor(this.#starts, 1, at, this.#capacity), place, length: 1 });
    });
  }

  reorder(rows: Int32Array): void {
    const tf = tensorflow();
    this.#replace(() => {
      const order = tf.tensor1d(rows, 'int32');
      const of = (tensor: Tensor) => tf.gather(tensor, order);
      const { logits, caches } = this.#state;
      return { logits: of(logits), caches: caches.map(({ keys, values }) => ({ keys: of(keys), values: of(values) })) };
    });
    this.#starts = Array.from(rows, (row) => this.#starts[row]!);
  }

  dispose(): void {
    tensorflow().dispose(this.#state);
  }

  #replace(next: () => State): void {
    const before = this.#state;
    this.#state = tidy(next);
    tensorflow().dispose(before);
  }

  #forward(x: Tensor, caches: KeyValueCache[] | null, pass: { mask: Tensor; place: Tensor | null; length: number }): State {
    const tf = tensorflow();
    const { width, heads } = this.config;
    const shape = { batch: this.batch, heads, capacity: this.#capacity, ...pass };
    const filled = this.weights.blocks.map((block, i) => {
      const through = cachedBlock(x, block, caches?.[i] ?? null, shape);
      x = through.x;
      return through.cache;
    });
    const { batch } = this;
    const last =
      pass.length === 1 ? x : tf.reshape(tf.slice(tf.reshape(x, [batch, pass.length, width]), [0, pass.length - 1, 0]), [batch, width]);
    return { logits: linear(rmsNorm(last, this.weights.norm), this.weights.output), caches: filled };
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
