import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Box } from '../contracts/index.js';
import { seededRandom } from '../plugin/index.js';
import { boxArea, boxBetween, boxCentre, boxIou } from './box.js';

const box = (x: number, y: number, width: number, height: number): Box => ({ x, y, width, height });

test('area and centre', () => {
  assert.is(boxArea(box(-3, 5, 4, 2.5)), 10);
  assert.is(boxArea(box(0, 0, -4, 3)), 0);
  assert.equal(boxCentre(box(10, 20, 6, 3)), [13, 21.5]);
});

test('iou of known pairs', () => {
  assert.is(boxIou(box(0, 0, 10, 10), box(0, 0, 10, 10)), 1);
  assert.is(boxIou(box(0, 0, 10, 10), box(5, 0, 10, 10)), 1 / 3);
  assert.is(boxIou(box(0, 0, 10, 10), box(2, 2, 5, 5)), 0.25);
  assert.is(boxIou(box(0, 0, 10, 10), box(10, 0, 10, 10)), 0, 'boxes that only touch share nothing');
  assert.is(boxIou(box(3, 3, 0, 0), box(3, 3, 0, 0)), 0, 'empty boxes are no division by zero');
});

test('iou is symmetric, within 0..1, and does not change under translation and scale', () => {
  const random = seededRandom(3);
  const any = () => box(random.next() * 20 - 10, random.next() * 20 - 10, random.next() * 15, random.next() * 15);
  for (let round = 0; round < 500; round++) {
    const [a, b] = [any(), any()];
    const iou = boxIou(a, b);
    assert.ok(iou >= 0 && iou <= 1);
    assert.is(boxIou(b, a), iou);
    const moved = (one: Box) => box(one.x * 3 + 7, one.y * 3 - 4, one.width * 3, one.height * 3);
    assert.ok(Math.abs(boxIou(moved(a), moved(b)) - iou) < 1e-9);
  }
});

test('the box between two boxes', () => {
  const [a, b] = [box(0, 10, 20, 40), box(10, 0, 40, 20)];
  assert.equal(boxBetween(a, b, 0), a);
  assert.equal(boxBetween(a, b, 1), b);
  assert.equal(boxBetween(a, b, 0.25), box(2.5, 7.5, 25, 35));
});

test.run();
