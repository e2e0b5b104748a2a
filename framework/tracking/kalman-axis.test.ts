import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../plugin/index.js';
import { KalmanAxis } from './kalman-axis.js';

type Matrix = number[][];
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const turned = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
const plus = (a: Matrix, b: Matrix, sign = 1): Matrix => a.map((row, i) => row.map((value, j) => value + sign * b[i]![j]!));

test('equals the filter written with matrices', () => {
  const random = seededRandom(4);
  const axis = new KalmanAxis(3, 10, 1e4);
  let [x, p]: [Matrix, Matrix] = [[[3], [0]], [[10, 0], [0, 1e4]]]; // prettier-ignore
  const f = [[1, 1], [0, 1]]; // prettier-ignore
  const h = [[1, 0]];
  for (let step = 0; step < 60; step++) {
    const [valueNoise, velocityNoise, noise] = [random.next(), random.next(), 0.1 + random.next()];
    x = product(f, x);
    p = plus(product(product(f, p), turned(f)), [[valueNoise, 0], [0, velocityNoise]]); // prettier-ignore
    axis.predict(valueNoise, velocityNoise);
    if (random.next() < 0.8) {
      const measured = step * 2 + random.normal();
      const s = product(product(h, p), turned(h))[0]![0]! + noise;
      const gain = product(p, turned(h)).map(([value]) => [value! / s]);
      x = plus(x, gain.map(([value]) => [value! * (measured - x[0]![0]!)])); // prettier-ignore
      p = plus(p, product(product(gain, h), p), -1);
      axis.update(measured, noise);
    }
    assert.ok(Math.abs(axis.value - x[0]![0]!) < 1e-9 && Math.abs(axis.velocity - x[1]![0]!) < 1e-9);
  }
  assert.ok(Math.abs(axis.velocity - 2) < 0.8, 'it has found the velocity');
});

test.run();
