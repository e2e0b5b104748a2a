import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../plugin/index.js';
import { holdOut } from './hold-out.js';

test('a share of the clips, each once, by the seed', () => {
  for (let count = 0; count < 40; count++) {
    for (const share of [0.01, 0.1, 0.5, 0.9]) {
      const held = holdOut(seededRandom(count), count, share);
      assert.is(held.length, count < 2 ? 0 : Math.min(count - 1, Math.max(1, Math.round(share * count))));
      assert.is(new Set(held).size, held.length);
      assert.ok(held.every((index, i) => index >= 0 && index < count && (i === 0 || index > held[i - 1]!)));
      assert.equal(holdOut(seededRandom(count), count, share), held);
    }
  }
  assert.not.equal(holdOut(seededRandom(1), 30, 0.3), holdOut(seededRandom(2), 30, 0.3));
});

test.run();
