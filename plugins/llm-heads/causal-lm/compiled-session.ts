import { Fault } from 'mienlab/faults';
import type { DecodeSession } from 'mienlab/tensor';
import type { DecodeGraph } from './decode-graph.js';

/** Embedded prompts on the host, padded on the left to the graph's length. */
export interface HostPrompts {
  /** [batch * length * hidden]; what stands in the padding does not matter. */
  embeddings: Float32Array;
  /** Tokens of each prompt, 1..length, which stand at the end of its row. */
  lengths: readonly number[];
}

/** Generates by a compiled graph. One session at a time may use a graph: its caches are the graph's. */
export class CompiledSession implements DecodeSession {
  readonly batch: number;
  readonly vocabulary: number;
  #filled: number;
  /** Known for the last call. */
  #best: Int32Array;
  #logits: Float32Array | undefined;

  constructor(
    private readonly decode: DecodeGraph,
    { embeddings, lengths }: HostPrompts,
    vocabulary: number,
  ) {
    const { batch, length } = decode.sizes;
    this.batch = batch;
    this.vocabulary = vocabulary;
    this.#filled = length;
    const starts = lengths.map((tokens) => length - tokens);
    const positions = new Int32Array(batch * length);
    const segments = new Float32Array(batch * length);
    starts.forEach((start, row) => {
      for (let place = start; place < length; place++) {
        positions[row * length + place] = place - start;
        segments[row * length + place] = 1;
      }
    });
    const { inputs, best } = decode.calls.prefill;
    const rows = batch * length;
    const fed = [
      { data: embeddings, shape: [rows, embeddings.length / rows] },
      { data: positions, shape: [rows] },
      { data: segments, shape: [batch, length] },
      { data: Int32Array.from(starts), shape: [batch] },
    ];
    this.#best = decode.graph.run(inputs, fed, best)[0] as Int32Array;
  }

  get room(): number {
    return this.decode.sizes.capacity - this.#filled;
  }

  logits(): Promise<Float32Array> {
    this.#logits ??= this.decode.graph.run([], [], this.decode.calls.logits)[0] as Float32Array;
    return Promise.resolve(this.#logits);
  }

  argmax(): Promise<Int32Array> {
    return Promise.resolve(this.#best);
  }

  append(tokens: Int32Array): void {
    if (this.room === 0) throw new Fault('TENSOR_SHAPE', `the cache is full: it holds ${this.decode.sizes.capacity} tokens`);
    const { inputs, best } = this.decode.calls.step;
    const place = { data: Int32Array.of(this.#filled), shape: [] };
    this.#best = this.decode.graph.run(inputs, [{ data: tokens, shape: [this.batch] }, place], best)[0] as Int32Array;
    this.#logits = undefined;
    this.#filled++;
  }

  reorder(rows: Int32Array): void {
    const { inputs, done } = this.decode.calls.reorder;
    this.decode.graph.run(inputs, [{ data: rows, shape: [this.batch] }], done);
    this.#best = Int32Array.from(rows, (row) => this.#best[row]!);
    this.#logits = undefined;
  }

  dispose(): void {}
}
