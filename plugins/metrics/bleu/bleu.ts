import { NgramIndex } from 'mienlab/text';

type Tokens = readonly string[];

/** What BLEU needs of one text: sums of these over texts give the corpus value. */
export interface BleuCounts {
  candidateLength: number;
  /** Length of the reference whose length is closest, the shorter of two as close. */
  referenceLength: number;
  /** Clipped matches and n-grams of the candidate by order, [1..n]. */
  correct: readonly number[];
  guessed: readonly number[];
}

/** Counts of one candidate against one or more references, one function over many texts, whose tables are used again. */
export function bleuCounter(n = 4): (candidate: Tokens, references: readonly Tokens[]) => BleuCounts {
  // Emptied before every text: no more is held against one another than a candidate and its references.
  const index = new NgramIndex(n, 1 << 9);
  // The most that one reference has of an n-gram, by id; all 0 between two texts.
  let most = new Int32Array(0);
  return (candidate, references) => {
    const correct = new Array<number>(n + 1).fill(0);
    index.clear();
    const counted = references.map((reference) => index.count(reference));
    const { ids, counts } = index.count(candidate);
    if (index.size > most.length) most = new Int32Array(index.size * 2);
    for (const reference of counted) {
      for (let i = 0; i < reference.ids.length; i++) {
        const id = reference.ids[i]!;
        most[id] = Math.max(most[id]!, reference.counts[i]!);
      }
    }
    for (let i = 0; i < ids.length; i++) correct[index.order(ids[i]!)]! += Math.min(counts[i]!, most[ids[i]!]!);
    for (const reference of counted) for (let i = 0; i < reference.ids.length; i++) most[reference.ids[i]!] = 0;
    const away = (length: number) => Math.abs(length - candidate.length);
    return {
      candidateLength: candidate.length,
      referenceLength: references
        .map(({ length }) => length)
        .reduce((best, length) => (away(length) < away(best) || (away(length) === away(best) && length < best) ? length : best)),
      correct,
      guessed: correct.map((_, order) => (order ? Math.max(0, candidate.length - order + 1) : 0)),
    };
  };
}

/** pycocoevalcap's guards against division by nothing: they, too, are part of its values. */
const tiny = 1e-15;
const small = 1e-9;

/**
 * BLEU-1 .. BLEU-n, 0..1, of one text's counts or of the corpus that several texts' counts make, as pycocoevalcap's `Bleu` computes it
 * with option `closest`: geometric mean of the clipped precisions (matches + 1e-15) / (n-grams + 1e-9), times exp(1 - 1 / ratio) where
 * the length ratio is below 1. (K. Papineni et al., "BLEU: a method for automatic evaluation of machine translation", ACL 2002.)
 */
export function bleu(counts: readonly BleuCounts[], n = 4): number[] {
  const sums = new Array<number>(2 + 2 * n).fill(0);
  for (const text of counts) rowOf(text, n).forEach((value, column) => (sums[column]! += value));
  return bleuOfSums(sums, n);
}

/**
 * BLEU-1 .. BLEU-n over any of `clips` clips, with repeats, from the counts of those at `indices`; the others are passed over. NaN over none.
 * A bootstrap asks thousands of times, and every order asks for the same clips in turn: counts lie in columns, the last answer is kept.
 */
export function corpusBleu(
  counts: readonly BleuCounts[],
  indices: readonly number[],
  clips: number,
  n: number,
): (chosen: readonly number[]) => readonly number[] {
  const columns = Array.from({ length: 2 + 2 * n }, () => new Float64Array(clips));
  const known = new Float64Array(clips);
  counts.forEach((text, i) => {
    rowOf(text, n).forEach((value, column) => (columns[column]![indices[i]!] = value));
    known[indices[i]!] = 1;
  });
  let last: readonly number[] = [];
  let answer: readonly number[] = new Array<number>(n).fill(NaN);
  return (chosen) => {
    if (same(chosen, last)) return answer;
    last = chosen.slice();
    const found = sumOver(known, chosen) > 0;
    answer = found
      ? bleuOfSums(
          columns.map((column) => sumOver(column, chosen)),
          n,
        )
      : new Array<number>(n).fill(NaN);
    return answer;
  };
}

function same(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sumOver(column: Float64Array, chosen: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < chosen.length; i++) sum += column[chosen[i]!]!;
  return sum;
}

/** Lengths, then matches and n-grams of every order. */
function rowOf({ candidateLength, referenceLength, correct, guessed }: BleuCounts, n: number): number[] {
  return [candidateLength, referenceLength, ...correct.slice(1, n + 1), ...guessed.slice(1, n + 1)];
}

function bleuOfSums(sums: readonly number[], n: number): number[] {
  const ratio = (sums[0]! + tiny) / (sums[1]! + small);
  const penalty = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return Array.from({ length: n }, (_, i) => {
    product *= (sums[2 + i]! + tiny) / (sums[2 + n + i]! + small);
    return product ** (1 / (i + 1)) * penalty;
  });
}
