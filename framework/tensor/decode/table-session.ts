import type { DecodeSession } from './decode-session.js';

/** For tests: logits of the next token are a function of the tokens so far. It checks that its caller keeps to the contract. */
export class TableSession implements DecodeSession {
  readonly batch: number;
  /** Calls, in order. */
  readonly calls: string[] = [];
  sequences: number[][];
  room: number;

  constructor(
    prompts: readonly (readonly number[])[],
    readonly vocabulary: number,
    private readonly logitsOf: (tokens: readonly number[]) => readonly number[],
    room = 1000,
  ) {
    this.batch = prompts.length;
    this.sequences = prompts.map((prompt) => [...prompt]);
    this.room = room;
  }

  async logits(): Promise<Float32Array> {
    this.calls.push('logits');
    return Float32Array.from(this.sequences.flatMap((tokens) => this.logitsOf(tokens)));
  }

  async argmax(): Promise<Int32Array> {
    this.calls.push('argmax');
    return Int32Array.from(this.sequences, (tokens) => {
      const logits = this.logitsOf(tokens);
      return logits.indexOf(Math.max(...logits));
    });
  }

  append(tokens: Int32Array): void {
    if (this.room-- <= 0) throw new Error('the cache is full');
    if (tokens.length !== this.batch || tokens.some((token) => token < 0 || token >= this.vocabulary))
      throw new Error(`cannot append ${tokens}`);
    this.calls.push('append');
    this.sequences.forEach((sequence, i) => sequence.push(tokens[i]!));
  }

  reorder(rows: Int32Array): void {
    this.calls.push('reorder');
    this.sequences = Array.from(rows, (row) => [...this.sequences[row]!]);
  }

  dispose(): void {}
}
