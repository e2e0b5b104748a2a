import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { narrowF16 } from './narrow-halves.js';
import { halfTable } from './widen-halves.js';

test('every half comes back as itself', () => {
  const halves = Uint16Array.from({ length: 1 << 16 }, (_, half) => half).filter((half) => (half & 0x7c00) !== 0x7c00 || !(half & 0x3ff));
  const table = halfTable();
  assert.equal(narrowF16(Float32Array.from(halves, (half) => table[half]!)), halves);
});

test('what lies between two halves goes to the nearer one, from the middle to the even one', () => {
  const table = halfTable();
  for (let half = 0; half < 0x7bff; half += 7) {
    const [low, high] = [table[half]!, table[half + 1]!];
    const middle = (low + high) / 2;
    const step = (high - low) / 1000;
    const even = half & 1 ? half + 1 : half;
    assert.equal([...narrowF16(Float32Array.of(middle - step, middle, middle + step))], [half, even, half + 1], `above ${low}`);
    assert.equal([...narrowF16(Float32Array.of(-middle))], [even | 0x8000]);
  }
  assert.equal([...narrowF16(Float32Array.of(65519, 65520, 1e30, 1e-30))], [0x7bff, 0x7c00, 0x7c00, 0]);
});

test.run();
