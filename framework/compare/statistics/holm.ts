/**
 * Holm's step-down adjusted p-values (Holm 1979), in the order given: with p sorted ascending, the k-th of m (from 0) becomes
 * max over j <= k of min(1, (m - j) p_j). A comparison is significant at level a where its adjusted p is at most a.
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, index) => index).sort((a, b) => p[a]! - p[b]!);
  const adjusted = new Array<number>(p.length);
  let highest = 0;
  order.forEach((index, rank) => {
    highest = Math.max(highest, Math.min(1, (p.length - rank) * p[index]!));
    adjusted[index] = highest;
  });
  return adjusted;
}
