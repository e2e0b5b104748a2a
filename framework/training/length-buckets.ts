import type { Random } from '../contracts/index.js';
import { epochOrders, shuffled } from './batches.js';

/** Batches that are sorted by length together; more make batches more even, and less random. */
const window = 32;

/**
 * Endless batches of indices of samples of like length, so that little is padded: every epoch is shuffled anew, sorted by length within
 * windows of some batches, and the batches come in random order. An epoch's rest goes into the next one, so that each sample is drawn
 * equally often, or as often as its weight says (`epochOrders`). The same seed and lengths give the same batches. Throws RangeError without a sample.
 */
export function* lengthBuckets(
  random: Random,
  lengths: readonly number[],
  size: number,
  weights: readonly number[] = lengths.map(() => 1),
): Generator<number[], never> {
  if (!lengths.length) throw new RangeError('there are no samples to make batches of');
  const order = epochOrders(random, weights);
  let queue: number[] = [];
  for (let epoch = 0; ;) {
    const draws = random.fork(`epoch-${epoch}`);
    while (queue.length < size) queue = queue.concat(order(epoch++));
    const whole = queue.length - (queue.length % size);
    const batches: number[][] = [];
    for (let start = 0; start < whole; start += size * window) {
      const sorted = queue.slice(start, Math.min(whole, start + size * window)).sort((a, b) => lengths[a]! - lengths[b]!);
      for (let at = 0; at < sorted.length; at += size) batches.push(sorted.slice(at, at + size));
    }
    for (const i of shuffled(draws.fork('batches'), batches.length)) yield batches[i]!;
    queue = queue.slice(whole);
  }
}
