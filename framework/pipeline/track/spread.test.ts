import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Box } from '../../contracts/index.js';
import { spread } from './track-video.js';

const box = (x: number): Box => ({ x, y: 0, width: 4, height: 4 });

test('between two seen boxes evenly, beside a gap not', () => {
  const xs = spread([box(0), box(3), null, box(9)], 3, 11).map((one) => one?.x ?? null);
  assert.equal(xs, [0, 1, 2, 3, null, null, null, null, null, 9, null]);
  assert.equal(spread([box(1), null], 1, 2), [box(1), null]);
});

test.run();
