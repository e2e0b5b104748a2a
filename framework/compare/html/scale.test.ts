import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { linearScale } from './scale.js';

test('ticks are round numbers within the values and a little around them', () => {
  const scale = linearScale([0.12, 0.79], 0, 100, 5);
  assert.equal(
    scale.ticks.map((tick) => tick.toFixed(scale.digits)),
    ['0.2', '0.4', '0.6', '0.8'],
  );
  assert.is(scale.at(0.12 - 0.06 * 0.67), 0);
  assert.is(scale.at(0.79 + 0.06 * 0.67), 100);
  assert.is(scale.at(0.455), 50);
});

test('every range gets two to six ticks', () => {
  for (let low = 0; low < 3; low += 0.37) {
    for (let span = 0.001; span < 5000; span *= 1.7) {
      const { length } = linearScale([low, low + span], 0, 100, 3).ticks;
      assert.ok(length >= 2 && length <= 6, `${low} + ${span}: ${length}`);
    }
  }
});

test('one value, none, and values that are not finite have an axis too', () => {
  assert.is(linearScale([0.5], 0, 100, 5).at(0.5), 50);
  assert.ok(linearScale([0, 0], 0, 100, 5).ticks.length > 1);
  assert.equal(linearScale([NaN, Infinity], 0, 100, 5).at(0.5), linearScale([0, 1], 0, 100, 5).at(0.5));
});

test('what is nowhere negative gets no negative axis', () => {
  assert.is(linearScale([0, 1], 0, 100, 5).ticks[0], 0);
  assert.ok(linearScale([-0.5, 1], 0, 100, 5).ticks[0]! < 0);
});

test.run();
