import type { Tensor, Tensor1D } from '@tensorflow/tfjs';
import { Fault } from 'mienlab/faults';
import { groupHeads, kernels, tensorflow, tidy, ungroupHeads, type DecodeSession } from 'mienlab/tensor';
import type { Attend, Decoder } from './decoder.js';

/** Embedded prompts, padded on the left to one length. */
export interface Prompts {
  /** [batch * length, hidden]; what stands in the padding does not matter. */
  embeddings: Tensor;
  length: number;
  /** Tokens of each prompt, 1..length, which stand at the end of its row. */
  lengths: readonly number[];
}

interface Cache {
  /** [batch, keyValueHeads, capacity, headSize]; places not filled yet are zero. */
  keys: Tensor;
  values: Tensor;
}

interface State {
  /** By layer. */
  caches: Cache[];
  /** [batch, vocabulary]. */
  logits: Tensor;
}

const tensorsOf = ({ caches, logits }: State): Tensor[] => [logits, ...caches.flatMap(({ keys, values }) => [keys, values])];

/** What `make` gives, kept until it is disposed; all else it made is freed. */
function kept(make: () => State): State {
  return tidy(() => {
    const state = make();
    for (const tensor of tensorsOf(state)) tensorflow().keep(tensor);
    return state;
  });
}

/**
 * Token by token by the decoder's own layers, at once and on every backend, with a cache of fixed length. Slow beside a compiled graph: it
 * serves as the check, and where there is no graph.
 */
export class EagerSession implements DecodeSession {
  readonly batch: number;
  readonly vocabulary: number;
  readonly #capacity: number;
  /** Where each sequence's first token stands. */
  #starts: number[];
  /** Tokens in the cache, padding counted. */
  #filled: number;
  #state: State;

  /** Runs the prompts through; `room` tokens can then be appended. The embeddings stay the caller's. */
  constructor(
    private readonly decoder: Decoder,
    { embeddings, length, lengths }: Prompts,
    room: number,
  ) {
    const tf = tensorflow();
    const { spec } = decoder;
    this.batch = lengths.length;
    this.vocabulary = spec.vocabulary;
    this.#capacity = length + room;
    this.#filled = length;
    this.#starts = lengths.map((tokens) => length - tokens);
    const starts = this.#starts;
    const places = { batch: this.batch, length, heads: spec.keyValueHeads };
    const state = kept(() => {
      const rows = (of: (row: number, place: number) => number) =>
        Array.from({ length: this.batch * length }, (_, i) => of(Math.floor(i / length), i % length));
      const positions = tf.tensor1d(
        rows((row, place) => Math.max(0, place - starts[row]!)),
        'int32',
      );
      const segments = tf.tensor2d(
        rows((row, place) => Number(place >= starts[row]!)),
        [this.batch, length],
      );
      const last = tf.tensor1d(
        Array.from({ length: this.batch }, (_, row) => (row + 1) * length - 1),
        'int32',
      );
      const caches: Cache[] = [];
      const padded = (rows: Tensor) =>
        tf.pad(kernels().splitHeads(rows, 1, places)[0]!, [
          [0, 0],
          [0, 0],
          [0, room],
          [0, 0],
        ]);
      const within = decoder.attention({ batch: this.batch, length, positions, segments });
      const attend: Attend = (layer, queries, keys, values) => {
        caches.push({ keys: padded(keys), values: padded(values) });
        return within(layer, queries, keys, values);
      };
      const hidden = decoder.pass(embeddings, positions, attend, { rows: last });
      return { caches, logits: decoder.logits(hidden) };
    });
    this.#state = state;
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
    if (this.room === 0) throw new Fault('TENSOR_SHAPE', `the cache is full: it holds ${this.#capacity} tokens`);
    const tf = tensorflow();
    this.#replace(() => {
      const positions = tf.tensor1d(
        this.#starts.map((start) => this.#filled - start),
        'int32',
      );
      const caches: Cache[] = [];
      const hidden = this.decoder.pass(this.decoder.embed(tf.tensor1d(tokens, 'int32')), positions, this.#attend(caches));
      return { caches, logits: this.decoder.logits(hidden) };
    });
    this.#filled++;
  }

  reorder(rows: Int32Array): void {
    const tf = tensorflow();
    this.#replace(() => {
      const chosen = tf.tensor1d(rows, 'int32') as Tensor1D;
      const of = (tensor: Tensor) => tf.gather(tensor, chosen);
      return {
        caches: this.#state.caches.map(({ keys, values }) => ({ keys: of(keys), values: of(values) })),
        logits: of(this.#state.logits),
      };
    });
    this.#starts = Array.from(rows, (row) => this.#starts[row]!);
  }

  dispose(): void {
    tensorflow().dispose(tensorsOf(this.#state));
  }

  #replace(make: () => State): void {
    const next = kept(make);
    this.dispose();
    this.#state = next;
  }

  /** Attention of one new token a sequence over the cache; the renewed caches are put into `caches`, layer by layer. */
  #attend(caches: Cache[]): Attend {
    const tf = tensorflow();
    const k = kernels();
    const { heads, keyValueHeads, windows } = this.decoder.spec;
    const shape = { batch: this.batch, length: 1, heads, keyValueHeads };
    const [at, capacity] = [this.#filled, this.#capacity];
    const place = tf.tensor4d(
      Float32Array.from({ length: capacity }, (_, i) => Number(i === at)),
      [1, 1, capacity, 1],
    );
    const masks = new Map(
      [...new Set(windows)].map((window) => {
        const seen = this.#starts.flatMap((start) => {
          const first = Math.max(start, window === null ? 0 : at - window + 1);
          return Array.from({ length: capacity }, (_, i) => (i >= first && i <= at ? 0 : -1e9));
        });
        return [window, tf.tensor4d(seen, [this.batch, 1, 1, capacity])];
      }),
    );
    return (layer, queries, keys, values) => {
      const fill = (old: Tensor, rows: Tensor) => k.add(old, k.mul(place, k.splitHeads(rows, 1, { ...shape, heads: keyValueHeads })[0]!));
      const before = this.#state.caches[layer]!;
      const cache = { keys: fill(before.keys, keys), values: fill(before.values, values) };
      caches.push(cache);
      const scores = k.batchMatMul(groupHeads(queries, shape), cache.keys, false, true);
      return ungroupHeads(k.batchMatMul(k.softmax(k.add(scores, masks.get(windows[layer]!)!)), cache.values), shape);
    };
  }
}
