const none = new Uint32Array(0);

/**
 * Length of the longest common subsequence of two token sequences, 0..min of their lengths.
 * Bit-parallel, 32 tokens of `a` in one step: H. Hyyrö, "Bit-parallel LCS-length computation revisited", 2004.
 */
export function lcsLength(a: readonly string[], b: readonly string[]): number {
  const words = (a.length + 31) >>> 5;
  // For every token of a, the bits of the places where it stands.
  const places = new Map<string, Uint32Array>();
  for (let i = 0; i < a.length; i++) {
    let bits = places.get(a[i]!);
    if (!bits) places.set(a[i]!, (bits = new Uint32Array(words)));
    bits[i >>> 5]! |= 1 << (i & 31);
  }
  // A zero bit in the row is a step of the LCS length along a.
  const row = new Uint32Array(words).fill(0xffffffff);
  for (const token of b) {
    const bits = places.get(token) ?? none;
    if (bits === none) continue;
    let carry = 0;
    for (let w = 0; w < words; w++) {
      const value = row[w]!;
      const hit = (value & bits[w]!) >>> 0;
      const sum = value + hit + carry;
      carry = sum > 0xffffffff ? 1 : 0;
      row[w] = sum | (value & ~hit);
    }
  }
  let length = 0;
  for (let i = 0; i < a.length; i++) if ((row[i >>> 5]! & (1 << (i & 31))) === 0) length++;
  return length;
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
