import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../plugin/index.js';
import { Assignment } from './assignment.js';

/** The greatest total, by trying every pairing of the shorter side. */
function exhaustive(gains: readonly number[], rows: number, columns: number, row = 0, used = 0): number {
  if (row === rows) return 0;
  let best = exhaustive(gains, rows, columns, row + 1, used);
  for (let column = 0; column < columns; column++) {
    if (used & (1 << column)) continue;
    best = Math.max(best, gains[row * columns + column]! + exhaustive(gains, rows, columns, row + 1, used | (1 << column)));
  }
  return best;
}

test('the greatest sum on rectangles of all shapes, with ties and zeros, buffers used again', () => {
  const random = seededRandom(11);
  const assignment = new Assignment();
  for (let round = 0; round < 600; round++) {
    const [rows, columns] = [random.integer(6), random.integer(6)];
    // Whole numbers, so that many optima are equal.
    const gains = Array.from({ length: rows * columns }, () => (round % 2 ? random.integer(4) : Math.max(0, random.next() - 0.5)));
    const columnOf = [...assignment.solve(Float64Array.from(gains), rows, columns)];
    const taken = columnOf.filter((column) => column >= 0);
    assert.is(columnOf.length, rows);
    assert.is(new Set(taken).size, taken.length);
    const total = columnOf.reduce((sum, column, row) => sum + (column < 0 ? 0 : gains[row * columns + column]!), 0);
    assert.ok(Math.abs(total - exhaustive(gains, rows, columns)) < 1e-9, `${rows} x ${columns}: ${gains.join(' ')}`);
  }
});

test('equal optima as scipy.optimize.linear_sum_assignment chooses them (1.17.1)', () => {
  const solve = (gains: number[][]) => [...new Assignment().solve(Float64Array.from(gains.flat()), gains.length, gains[0]!.length)];
  // prettier-ignore
  const cases = [
    [[[1, 1], [1, 1]], [0, 1]],
    [[[1, 1, 0], [1, 1, 1]], [0, 1]],
    [[[2, 2, 1], [2, 2, 2], [1, 2, 2]], [0, 1, 2]],
    [[[3, 0], [3, 3], [0, 3]], [0, 1, -1]],
    [[[1, 1], [1, 1], [1, 1]], [0, 1, -1]],
    [[[0, 1, 1, 0], [1, 1, 0, 0], [1, 0, 1, 1]], [1, 0, 2]],
  ] as [number[][], number[]][];
  for (const [gains, expected] of cases) assert.equal(solve(gains), expected);
});

test.run();
