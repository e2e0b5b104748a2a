import { normalTail } from './normal-tail.js';

export interface WilcoxonOptions {
  /**
   * `exact`: all sign flips of the ranks that there are, ties included; `approximate`: the normal limit; `auto` chooses as scipy does: exact for up
   * to 50 differences without ties and zeros, or up to 13 with them.
   */
  method?: 'auto' | 'exact' | 'approximate';
  /** Zero differences: left out (Wilcoxon), ranked and then left out (Pratt), or ranked and shared by both sides. */
  zeros?: 'wilcox' | 'pratt' | 'zsplit';
  /** Continuity correction of the normal limit. */
  correction?: boolean;
}

export interface WilcoxonResult {
  /** The smaller of the two rank sums, and that of the differences above zero. */
  w: number;
  wPlus: number;
  /** Two-sided, and of "differences tend to be above zero". NaN where every difference is zero and the normal limit was asked for. */
  p: number;
  pGreater: number;
  method: 'exact' | 'approximate';
}

/** Average ranks of ascending values, 1-based, and how many share each value. */
function averageRanks(values: readonly number[]): { ranks: number[]; ties: number[] } {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  const ties: number[] = [];
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + to + 1) / 2;
    ties.push(to - from);
    from = to;
  }
  return { ranks, ties };
}

/** P(W+ >= w) and P(W+ <= w) over all signs of `ranks`; counts are exact below 2^53, which is above 50 ranks. */
function exactTails(ranks: readonly number[], w: number): { above: number; below: number } {
  // Average ranks are halves.
  const doubled = ranks.map((rank) => Math.round(2 * rank));
  const most = doubled.reduce((sum, rank) => sum + rank, 0);
  const ways = new Float64Array(most + 1);
  ways[0] = 1;
  let reached = 0;
  for (const rank of doubled) {
    for (let sum = reached; sum >= 0; sum--) ways[sum + rank]! += ways[sum]!;
    reached += rank;
  }
  const at = Math.round(2 * w);
  const total = 2 ** ranks.length;
  const share = (from: number, to: number) => ways.subarray(Math.max(0, from), to).reduce((sum, value) => sum + value, 0) / total;
  return { above: share(at, most + 1), below: share(0, at + 1) };
}

/**
 * The Wilcoxon signed-rank test of paired differences around zero (F. Wilcoxon, "Individual comparisons by ranking methods", 1945), with the
 * choices and the normal limit of scipy.stats.wilcoxon.
 */
export function wilcoxon(
  differences: readonly number[],
  { method = 'auto', zeros = 'wilcox', correction = false }: WilcoxonOptions = {},
): WilcoxonResult {
  const kept = zeros === 'wilcox' ? differences.filter((difference) => difference !== 0) : differences;
  const { ranks, ties } = averageRanks(kept.map(Math.abs));
  const sum = (chosen: (difference: number) => boolean) => ranks.reduce((total, rank, i) => total + (chosen(kept[i]!) ? rank : 0), 0);
  const zeroRanks = sum((difference) => difference === 0);
  const zeroCount = kept.filter((difference) => difference === 0).length;
  const shared = zeros === 'zsplit' ? zeroRanks / 2 : 0;
  const wPlus = sum((difference) => difference > 0) + shared;
  const wMinus = sum((difference) => difference < 0) + shared;
  const w = Math.min(wPlus, wMinus);

  const plain = ties.every((count) => count === 1) && !differences.includes(0);
  const few = differences.length <= (plain ? 50 : 13);
  if (method === 'exact' || (method === 'auto' && few)) {
    const { above, below } = exactTails(
      ranks.filter((_, i) => kept[i] !== 0),
      wPlus - shared,
    );
    return { w, wPlus, p: Math.min(1, 2 * Math.min(above, below)), pGreater: above, method: 'exact' };
  }

  const n = kept.length;
  let mean = (n * (n + 1)) / 4;
  let variance = n * (n + 1) * (2 * n + 1);
  let tied = ties;
  if (zeros === 'pratt') {
    // E. E. Cureton, "The normal approximation to the signed-rank sampling distribution when zero differences are present", 1967.
    mean -= (zeroCount * (zeroCount + 1)) / 4;
    variance -= zeroCount * (zeroCount + 1) * (2 * zeroCount + 1);
    // Zeros are the smallest, so their tie comes first.
    if (zeroCount) tied = ties.slice(1);
  }
  const deviation = Math.sqrt((variance - tied.reduce((total, count) => total + count ** 3 - count, 0) / 2) / 24);
  const z = (wPlus - mean) / deviation;
  const half = correction ? 0.5 / deviation : 0;
  return {
    w,
    wPlus,
    p: Math.min(1, 2 * normalTail(Math.abs(z - Math.sign(z) * half))),
    pGreater: normalTail(z - half),
    method: 'approximate',
  };
}
