import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryWatch } from './memory-watch.js';

const mega = 2 ** 20;

function watched(rss: (step: number) => number, tensors: (step: number) => number, restartAt = 0) {
  const warnings: string[] = [];
  let step = 0;
  const watch = new MemoryWatch({ info: () => {}, warn: (message) => void warnings.push(message) }, () => rss(step));
  const seen: [number, number][] = [];
  for (step = 1; step <= 1000; step++) {
    if (step === restartAt) watch.restart();
    const bytes = watch.look(step, tensors(step));
    if (bytes !== null) seen.push([step, bytes]);
  }
  return { warnings, seen };
}

test('memory is looked at each 50 steps, and a flat one is not warned of', () => {
  const { warnings, seen } = watched(
    (step) => 700 * mega + Math.min(step, 140) * mega,
    () => 90,
  );
  assert.equal(warnings, []);
  assert.is(seen.length, 20);
  assert.equal(seen[1], [100, 800 * mega]);
});

test('growth is warned of once, whatever comes later', () => {
  const { warnings } = watched(
    (step) => (500 + step) * mega,
    (step) => 90 + step,
    500,
  );
  assert.is(warnings.length, 2);
  assert.match(warnings[0]!, 'tensors leak: 158 alive after step 68, 93 before');
  assert.match(warnings[1]!, 'memory grows: 900 MB resident after step 400, 650 MB before');
});

test('a new stage may keep more', () => {
  const { warnings } = watched(
    (step) => (step < 500 ? 500 : 900) * mega,
    (step) => (step < 500 ? 90 : 300),
    500,
  );
  assert.equal(warnings, []);
});

test.run();
