/** Where the tokens of one sequence stand: what a longest common subsequence with any other is found from. */
export interface LcsTable {
  length: number;
  /** 32 places in one word. */
  words: number;
  /** Of every token where its bits begin. */
  rows: ReadonlyMap<string, number>;
  bits: Uint32Array;
}

export function lcsTable(tokens: readonly string[]): LcsTable {
  const words = (tokens.length + 31) >>> 5;
  const rows = new Map<string, number>();
  const bits = new Uint32Array(words * tokens.length);
  for (let i = 0; i < tokens.length; i++) {
    let row = rows.get(tokens[i]!);
    if (row === undefined) rows.set(tokens[i]!, (row = rows.size * words));
    bits[row + (i >>> 5)]! |= 1 << (i & 31);
  }
  return { length: tokens.length, words, rows, bits };
}

/** As `lcsLength`, one of the two sequences as a table. */
export function lcsLengthOf({ length, words, rows, bits }: LcsTable, tokens: readonly string[]): number {
  // A zero bit in the state is a step of the LCS length along the table's sequence.
  const state = new Uint32Array(words).fill(0xffffffff);
  for (let t = 0; t < tokens.length; t++) {
    const row = rows.get(tokens[t]!);
    if (row === undefined) continue;
    let carry = 0;
    for (let w = 0; w < words; w++) {
      const value = state[w]!;
      const places = bits[row + w]!;
      const sum = value + ((value & places) >>> 0) + carry;
      carry = sum > 0xffffffff ? 1 : 0;
      state[w] = sum | (value & ~places);
    }
  }
  let steps = 0;
  for (let i = 0; i < length; i++) if ((state[i >>> 5]! & (1 << (i & 31))) === 0) steps++;
  return steps;
}

/**
 * Length of the longest common subsequence of two token sequences, 0..min of their lengths.
 * Bit-parallel, 32 tokens of `a` in one step: H. Hyyrö, "Bit-parallel LCS-length computation revisited", 2004.
 */
export function lcsLength(a: readonly string[], b: readonly string[]): number {
  return lcsLengthOf(lcsTable(a), b);
}

/**
 * The longest chain of matches that goes forward in both sequences, as pairs [i, j]: the LCS where `matches(i, j)` stands for equality of
 * the first's item i (below `rows`) and the second's item j (below `columns`). Each item is used at most once; of several longest chains
 * the one whose matches come first in the first sequence is given.
 */
export function longestMatchChain(rows: number, columns: number, matches: (i: number, j: number) => boolean): [number, number][] {
  // lengths[i][j]: the longest chain among items i.. and j.. .
  const lengths = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  const hit = Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => matches(i, j)));
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[i]![j] = hit[i]![j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  const chain: [number, number][] = [];
  for (let i = 0, j = 0; i < rows && j < columns;) {
    if (hit[i]![j]) chain.push([i++, j++]);
    else if (lengths[i]![j + 1]! >= lengths[i + 1]![j]!) j++;
    else i++;
  }
  return chain;
}
