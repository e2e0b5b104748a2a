import type { Random } from '../contracts/index.js';

/**
 * Endless batches of indices of samples with these weights; every epoch is shuffled anew (Fisher-Yates), and its rest is filled up from the
 * next one.
 */
export function* batches(random: Random, weights: readonly number[], size: number): Generator<number[], never> {
  const order = epochOrders(random, weights);
  let queue: number[] = [];
  for (let epoch = 0; ;) {
    while (queue.length < size) queue = queue.concat(order(epoch++));
    yield queue.slice(0, size);
    queue = queue.slice(size);
  }
}

/**
 * The order of each epoch, from 0. A sample of weight 2 is in it twice, one of weight 0.5 in every second one: after any number of epochs n it
 * was drawn n times its weight, rounded up or down.
 */
export function epochOrders(random: Random, weights: readonly number[]): (epoch: number) => number[] {
  const draws = (epoch: number) => random.fork(`epoch-${epoch}`);
  if (weights.every((weight) => weight === 1)) return (epoch) => shuffled(draws(epoch), weights.length);
  const start = random.fork('weights');
  const phases = weights.map(() => start.next());
  const drawn = (i: number, epochs: number) => Math.floor(weights[i]! * epochs + phases[i]!);
  return (epoch) => {
    const copies = weights.flatMap((_, i) => Array<number>(drawn(i, epoch + 1) - drawn(i, epoch)).fill(i));
    return shuffled(draws(epoch), copies.length).map((place) => copies[place]!);
  };
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
