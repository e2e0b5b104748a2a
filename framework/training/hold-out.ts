import type { Random } from '../contracts/index.js';

/**
 * Indices, ascending, of a share of `count` clips drawn at random: at least one, and never all. Empty for fewer than two clips, of which
 * none can be spared.
 */
export function holdOut(random: Random, count: number, share: number): number[] {
  const size = Math.min(count - 1, Math.max(1, Math.round(share * count)));
  const left = Array.from({ length: count }, (_, i) => i);
  const held: number[] = [];
  while (held.length < size) held.push(...left.splice(random.integer(left.length), 1));
  return held.sort((a, b) => a - b);
}
