import type { Tensor } from '@tensorflow/tfjs';
import { EagerSession, groupHeads, kernels, tensorflow, ungroupHeads, type CachePlaces, type KeyValueCache } from 'mienlab/tensor';
import type { Attend, Decoder } from './decoder.js';

/** Embedded prompts, padded on the left to one length. */
export interface Prompts {
  /** [batch * length, hidden]; what stands in the padding does not matter. */
  embeddings: Tensor;
  length: number;
  /** Tokens of each prompt, 1..length, which stand at the end of its row. */
  lengths: readonly number[];
}

/**
 * Runs the prompts through; `room` tokens can then be appended. The embeddings stay the caller's. By the decoder's own layers and on every
 * backend; slow beside a compiled graph: it serves as the check, and where there is no graph.
 */
export function eagerSession(decoder: Decoder, { embeddings, length, lengths }: Prompts, room: number): EagerSession {
  const starts = lengths.map((tokens) => length - tokens);
  return new EagerSession(
    { starts, filled: length, capacity: length + room },
    {
      vocabulary: decoder.spec.vocabulary,
      prefill: (places) => prefill(decoder, embeddings, places),
      step: (tokens, places, before) => {
        const tf = tensorflow();
        const positions = tf.tensor1d(
          places.starts.map((start) => places.filled - start),
          'int32',
        );
        const caches: KeyValueCache[] = [];
        const hidden = decoder.pass(decoder.embed(tf.tensor1d(tokens, 'int32')), positions, attendTo(decoder, places, before, caches));
        return { caches, logits: decoder.logits(hidden) };
      },
    },
  );
}

function prefill(decoder: Decoder, embeddings: Tensor, { starts, filled: length, capacity }: CachePlaces) {
  const tf = tensorflow();
  const batch = starts.length;
  const rows = (of: (row: number, place: number) => number) =>
    Array.from({ length: batch * length }, (_, i) => of(Math.floor(i / length), i % length));
  const positions = tf.tensor1d(
    rows((row, place) => Math.max(0, place - starts[row]!)),
    'int32',
  );
  const segments = tf.tensor2d(
    rows((row, place) => Number(place >= starts[row]!)),
    [batch, length],
  );
  const last = tf.tensor1d(
    Array.from({ length: batch }, (_, row) => (row + 1) * length - 1),
    'int32',
  );
  const caches: KeyValueCache[] = [];
  const padded = (rows: Tensor) =>
    tf.pad(kernels().splitHeads(rows, 1, { batch, length, heads: decoder.spec.keyValueHeads })[0]!, [
      [0, 0],
      [0, 0],
      [0, capacity - length],
      [0, 0],
    ]);
  const within = decoder.attention({ batch, length, positions, segments });
  const attend: Attend = (layer, queries, keys, values) => {
    caches.push({ keys: padded(keys), values: padded(values) });
    return within(layer, queries, keys, values);
  };
  const hidden = decoder.pass(embeddings, positions, attend, { rows: last });
  return { caches, logits: decoder.logits(hidden) };
}

/** Attention of one new token a sequence over the caches `before`; the renewed ones are put into `caches`, layer by layer. */
function attendTo(
  decoder: Decoder,
  { starts, filled: at, capacity }: CachePlaces,
  before: readonly KeyValueCache[],
  caches: KeyValueCache[],
): Attend {
  const tf = tensorflow();
  const k = kernels();
  const { heads, keyValueHeads, windows } = decoder.spec;
  const batch = starts.length;
  const shape = { batch, length: 1, heads, keyValueHeads };
  const place = tf.tensor4d(
    Float32Array.from({ length: capacity }, (_, i) => Number(i === at)),
    [1, 1, capacity, 1],
  );
  const masks = new Map(
    [...new Set(windows)].map((window) => {
      const seen = starts.flatMap((start) => {
        const first = Math.max(start, window === null ? 0 : at - window + 1);
        return Array.from({ length: capacity }, (_, i) => (i >= first && i <= at ? 0 : -1e9));
      });
      return [window, tf.tensor4d(seen, [batch, 1, 1, capacity])];
    }),
  );
  return (layer, queries, keys, values) => {
    const fill = (old: Tensor, rows: Tensor) => k.add(old, k.mul(place, k.splitHeads(rows, 1, { ...shape, heads: keyValueHeads })[0]!));
    const cache = { keys: fill(before[layer]!.keys, keys), values: fill(before[layer]!.values, values) };
    caches.push(cache);
    const scores = k.batchMatMul(groupHeads(queries, shape), cache.keys, false, true);
    return ungroupHeads(k.batchMatMul(k.softmax(k.add(scores, masks.get(windows[layer]!)!)), cache.values), shape);
  };
}
