import { Fault } from 'mienlab/faults';

/** A byte-level BPE as a checkpoint keeps it: pairs of token ids in the order in which they were merged. Ids 0..255 are bytes, 256 + i is merge i. */
export interface ByteBpeState {
  type: 'byte-bpe';
  merges: [number, number][];
}

/** Words as GPT-2 cuts them: English contractions, then letters, digits or other signs with at most one space before, then blanks. */
const word = /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Words whose ids are kept: numbers, say, may be without end. */
const remembered = 1 << 16;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Byte-level byte-pair encoding (Sennrich et al., 2016, algorithm 1, over bytes). `decode(encode(text))` is the text, for every well-formed text. */
export class ByteBpe {
  /** Number of ids. */
  readonly size: number;
  readonly #bytes: Uint8Array[];
  readonly #ranks: Map<number, number>;
  readonly #known = new Map<string, readonly number[]>();

  private constructor(private readonly merges: readonly (readonly [number, number])[]) {
    this.size = 256 + merges.length;
    this.#bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    this.#ranks = new Map(merges.map(([left, right], i) => [pairKey(left, right), 256 + i]));
    for (const [left, right] of merges) this.#bytes.push(new Uint8Array([...this.#bytes[left]!, ...this.#bytes[right]!]));
  }

  /**
   * Learns merges from texts until there are `size` ids or no pair occurs twice. Of equally frequent pairs the one with the smaller ids goes
   * first, so that the same texts in any order give the same merges.
   */
  static train(texts: readonly string[], size: number): ByteBpe {
    const counts = new Map<string, number>();
    for (const text of texts) for (const [piece] of text.matchAll(word)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
    const words = [...counts].map(([piece, count]) => ({ ids: [...encoder.encode(piece)], count }));
    const merges: [number, number][] = [];
    while (256 + merges.length < size) {
      const best = mostFrequentPair(words);
      if (!best) break;
      const id = 256 + merges.length;
      merges.push(best);
      for (const entry of words) entry.ids = mergePair(entry.ids, best[0], best[1], id);
    }
    return new ByteBpe(merges);
  }

  /** Throws Fault CHECKPOINT_INVALID where the state is not one that `state` gave. */
  static restore(state: unknown): ByteBpe {
    const merges = (state as Partial<ByteBpeState> | null)?.merges;
    const valid =
      (state as Partial<ByteBpeState> | null)?.type === 'byte-bpe' &&
      Array.isArray(merges) &&
      merges.every(
        (pair, i) => Array.isArray(pair) && pair.length === 2 && pair.every((id) => Number.isInteger(id) && id >= 0 && id < 256 + i),
      );
    if (!valid) {
      throw new Fault('CHECKPOINT_INVALID', 'the tokenizer of the checkpoint is damaged', {
        expected: '{type: "byte-bpe", merges: [[id, id], ...]}',
      });
    }
    return new ByteBpe(merges as [number, number][]);
  }

  state(): ByteBpeState {
    return { type: 'byte-bpe', merges: this.merges.map(([left, right]) => [left, right]) };
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    for (const [piece] of text.matchAll(word)) {
      let found = this.#known.get(piece);
      if (!found) {
        if (this.#known.size >= remembered) this.#known.clear();
        this.#known.set(piece, (found = this.#encodeWord(piece)));
      }
      ids.push(...found);
    }
    return ids;
  }

  /** Bytes that are no UTF-8 become U+FFFD. Ids outside of 0..size-1 are left out. */
  decode(ids: Iterable<number>): string {
    const bytes: number[] = [];
    for (const id of ids) bytes.push(...(this.#bytes[id] ?? []));
    return decoder.decode(Uint8Array.from(bytes));
  }

  #encodeWord(piece: string): number[] {
    let ids = [...encoder.encode(piece)];
    for (;;) {
      let best: { id: number; left: number; right: number } | undefined;
      for (let i = 0; i + 1 < ids.length; i++) {
        const id = this.#ranks.get(pairKey(ids[i]!, ids[i + 1]!));
        if (id !== undefined && (!best || id < best.id)) best = { id, left: ids[i]!, right: ids[i + 1]! };
      }
      if (!best) return ids;
      ids = mergePair(ids, best.left, best.right, best.id);
    }
  }
}

/** Orders pairs by left, then right id; exact up to ids of 2^26. */
function pairKey(left: number, right: number): number {
  return left * 0x4000000 + right;
}

function mostFrequentPair(words: readonly { ids: readonly number[]; count: number }[]): [number, number] | undefined {
  const counts = new Map<number, number>();
  for (const { ids, count } of words) {
    for (let i = 0; i + 1 < ids.length; i++) {
      const key = pairKey(ids[i]!, ids[i + 1]!);
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  let best = -1;
  let most = 1;
  for (const [key, count] of counts) if (count > most || (count === most && best >= 0 && key < best)) [best, most] = [key, count];
  return best < 0 ? undefined : [Math.floor(best / 0x4000000), best % 0x4000000];
}

function mergePair(ids: readonly number[], left: number, right: number, id: number): number[] {
  const merged: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === left && ids[i + 1] === right) {
      merged.push(id);
      i++;
    } else merged.push(ids[i]!);
  }
  return merged;
}
