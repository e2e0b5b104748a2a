import type { HostArray } from '../contracts/index.js';

/** Rows that a mean with these weights is over: those with a weight above 0. */
export function weightedRows({ data }: HostArray): number {
  let count = 0;
  for (const weight of data) if (weight > 0) count++;
  return count;
}
