import { Assignment } from './assignment.js';

/**
 * Pairs rows with columns so that the sum of their gains is the greatest there is (`Assignment`). A gain of 0 or less is no pair.
 * @param gains [row][column], finite
 * @returns the column of each row, or -1
 */
export function bestPairs(gains: readonly (readonly number[])[]): number[] {
  const rows = gains.length;
  const columns = gains[0]?.length ?? 0;
  const flat = new Float64Array(rows * columns);
  gains.forEach((row, i) => row.forEach((gain, j) => (flat[i * columns + j] = Math.max(0, gain))));
  return Array.from(new Assignment().solve(flat, rows, columns), (column, row) => (gains[row]![column]! > 0 ? column : -1));
}
