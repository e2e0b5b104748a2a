/**
 * Benjamini and Hochberg's step-up adjusted p-values (1995), in the order given: with p sorted ascending, the k-th of m (from 1) becomes
 * min over j >= k of min(1, m p_j / j). Those at most q have a false discovery rate of at most q.
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const order = p.map((_, index) => index).sort((a, b) => p[b]! - p[a]!);
  const adjusted = new Array<number>(p.length);
  let least = 1;
  order.forEach((index, rank) => {
    least = Math.min(least, (p[index]! * p.length) / (p.length - rank));
    adjusted[index] = least;
  });
  return adjusted;
}
