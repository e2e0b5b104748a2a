import type { Random } from '../contracts/index.js';

/** Endless batches of indices below `count`; every epoch is shuffled anew (Fisher-Yates), and its rest is filled up from the next one. */
export function* batches(random: Random, count: number, size: number): Generator<number[], never> {
  let queue: number[] = [];
  for (let epoch = 0; ;) {
    while (queue.length < size) queue = queue.concat(shuffled(random.fork(`epoch-${epoch++}`), count));
    yield queue.slice(0, size);
    queue = queue.slice(size);
  }
}

/** The numbers below `count` in random order (Fisher-Yates). */
export function shuffled(random: Random, count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
