import type { Tensor } from '@tensorflow/tfjs';
import { Fault } from '../../faults/index.js';
import type { KeyValueCache } from '../layers/transformer-block.js';
import { tensorflow } from '../tensorflow.js';
import { tidy } from '../tidy.js';
import type { DecodeSession } from './decode-session.js';

/** What a pass through a decoder gives; its tensors become the session's. */
export interface DecodePass {
  /** Of each sequence's next token, [batch, vocabulary]. */
  logits: Tensor;
  /** By layer. */
  caches: KeyValueCache[];
}

/** Prompts stand in the cache padded on the left to one length. */
export interface CachePlaces {
  /** Where each sequence's first token stands. */
  starts: readonly number[];
  /** Places taken, padding counted. */
  filled: number;
  /** Tokens the cache holds. */
  capacity: number;
}

/** The passes of a decoder. Other tensors that they make are freed, those that they are given are not theirs. */
export interface DecodePasses {
  vocabulary: number;
  /** Runs the prompts through. */
  prefill: (places: CachePlaces) => DecodePass;
  /** Runs one token a sequence through, [batch], which goes to the place `filled`. */
  step: (tokens: Int32Array, places: CachePlaces, caches: readonly KeyValueCache[]) => DecodePass;
}

/** A decode session of a decoder that computes at once, on every backend. `append` throws Fault TENSOR_SHAPE when the cache is full. */
export class EagerSession implements DecodeSession {
  readonly batch: number;
  readonly vocabulary: number;
  #places: CachePlaces;
  #last: DecodePass;

  constructor(
    places: CachePlaces,
    private readonly passes: DecodePasses,
  ) {
    this.batch = places.starts.length;
    this.vocabulary = passes.vocabulary;
    this.#places = places;
    this.#last = tidy(() => passes.prefill(places));
  }

  get room(): number {
    return this.#places.capacity - this.#places.filled;
  }

  async logits(): Promise<Float32Array> {
    return (await this.#last.logits.data()) as Float32Array;
  }

  async argmax(): Promise<Int32Array> {
    const best = tensorflow().argMax(this.#last.logits, -1);
    try {
      return (await best.data()) as Int32Array;
    } finally {
      best.dispose();
    }
  }

  append(tokens: Int32Array): void {
    const places = this.#places;
    if (this.room === 0) throw new Fault('TENSOR_SHAPE', `the cache is full: it holds ${places.capacity} tokens`);
    this.#replace(() => this.passes.step(tokens, places, this.#last.caches));
    this.#places = { ...places, filled: places.filled + 1 };
  }

  reorder(rows: Int32Array): void {
    const tf = tensorflow();
    this.#replace(() => {
      const order = tf.tensor1d(rows, 'int32');
      const of = (tensor: Tensor) => tf.gather(tensor, order);
      const { logits, caches } = this.#last;
      return { logits: of(logits), caches: caches.map(({ keys, values }) => ({ keys: of(keys), values: of(values) })) };
    });
    const { starts } = this.#places;
    this.#places = { ...this.#places, starts: Array.from(rows, (row) => starts[row]!) };
  }

  dispose(): void {
    const { logits, caches } = this.#last;
    tensorflow().dispose([logits, ...caches.flatMap(({ keys, values }) => [keys, values])]);
  }

  #replace(pass: () => DecodePass): void {
    const next = tidy(pass);
    this.dispose();
    this.#last = next;
  }
}
