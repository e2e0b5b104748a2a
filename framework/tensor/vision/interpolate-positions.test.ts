import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { positionMap } from './interpolate-positions.js';

const rowOf = (map: Float32Array, row: number, size: number) => [...map.subarray(row * size, (row + 1) * size)];

test('the same grid is the table itself, and every row of any grid sums to one', () => {
  const same = positionMap(3, 3, 3);
  for (let i = 0; i < 9; i++)
    assert.equal(
      rowOf(same, i, 9),
      Array.from({ length: 9 }, (_, j) => (i === j ? 1 : 0)),
    );
  for (const [rows, columns] of [
    [4, 3],
    [1, 7],
    [2, 2],
    [9, 5],
  ] as const) {
    const map = positionMap(3, rows, columns);
    for (let i = 0; i < rows * columns; i++) {
      const sum = rowOf(map, i, 9).reduce((total, weight) => total + weight, 0);
      assert.ok(Math.abs(sum - 1) < 1e-6, `${rows} x ${columns}, row ${i}: ${sum}`);
    }
  }
});

test('twice as wide: weights of a quarter and three quarters, a = -0.75, edges repeated', () => {
  // torch: interpolate([[0, 1, 0, 0]], size=(1, 8), mode='bicubic') of a row of four.
  const map = positionMap(4, 4, 8);
  const response = Array.from({ length: 8 }, (_, x) => map[x * 16 + 1]!);
  const near = 1.25 * 0.25 ** 3 - 2.25 * 0.25 ** 2 + 1;
  const far = 1.25 * 0.75 ** 3 - 2.25 * 0.75 ** 2 + 1;
  const beyond = -0.75 * (1.25 ** 3 - 5 * 1.25 ** 2 + 8 * 1.25 - 4);
  const last = -0.75 * (1.75 ** 3 - 5 * 1.75 ** 2 + 8 * 1.75 - 4);
  const expected = [beyond, far, near, near, far, beyond, last, 0];
  assert.equal(
    response.map((value) => value.toFixed(6)),
    expected.map((value) => value.toFixed(6)),
  );
});

test.run();
