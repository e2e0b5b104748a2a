import { seededRandom } from '../plugin/seeded-random.js';

/** A shuffled copy (Fisher-Yates). Always the same order for the same number of items, so that a sweep can be repeated. */
export function shuffled<Item>(items: readonly Item[]): Item[] {
  const random = seededRandom(items.length);
  const copy = [...items];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [copy[last], copy[other]] = [copy[other]!, copy[last]!];
  }
  return copy;
}
