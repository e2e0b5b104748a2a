/**
 * A causal language model in the middle of generating a batch of sequences: it holds their KV cache. The loop that chooses tokens
 * (`generateTokens`) knows nothing else of the model, so that an eager model and a compiled graph answer to the same loop.
 */
export interface DecodeSession {
  /** Sequences. */
  readonly batch: number;
  /** Classes of the output layer. */
  readonly vocabulary: number;
  /** Tokens that can still be appended before the cache is full. */
  readonly room: number;
  /** Logits of each sequence's next token, [batch * vocabulary]. */
  logits(): Promise<Float32Array>;
  /** The most likely next token of each sequence (the first of equals), [batch]; cheaper than `logits`. */
  argmax(): Promise<Int32Array>;
  /** Appends one token to every sequence, [batch]. */
  append(tokens: Int32Array): void;
  /** Makes row i go on from what was row `rows[i]`, [batch]: for beams. */
  reorder(rows: Int32Array): void;
  dispose(): void;
}
