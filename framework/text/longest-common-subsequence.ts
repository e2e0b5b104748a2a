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
 * Length of the longest chain of matches that goes forward in both sequences: the LCS where `matches(i, j)` stands for equality of the
 * first's item i (below `rows`) and the second's item j (below `columns`). Each item is used at most once.
 */
export function longestMatchChain(rows: number, columns: number, matches: (i: number, j: number) => boolean): number {
  let above = new Array<number>(columns + 1).fill(0);
  for (let i = 0; i < rows; i++) {
    const current = [0];
    for (let j = 0; j < columns; j++) current.push(matches(i, j) ? above[j]! + 1 : Math.max(above[j + 1]!, current[j]!));
    above = current;
  }
  return above[columns]!;
}
