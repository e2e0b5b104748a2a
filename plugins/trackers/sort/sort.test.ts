import { manifestConforms, sourceFolder, trackerConforms } from 'mienlab/conformance';
import type { Detection } from 'mienlab/contracts';
import { defaultConfig } from 'mienlab/plugin';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import plugin from './plugin.js';
import { SortTrack } from './sort-track.js';
import { sort } from './sort.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
trackerConforms(plugin);

const face = (x: number, y = 50): Detection => ({ box: { x, y, width: 40, height: 40 }, score: 0.9 });

function follow(rows: Detection[][], config: Record<string, number> = {}) {
  const stream = sort({ ...defaultConfig(plugin.config), ...config }).stream!();
  return rows.map((faces, i) => stream.push(faces, i / 10));
}

test('the state after four sightings is that of the matrices of SORT’s KalmanBoxTracker', () => {
  const sightings = [[0, 50, 40, 40], [10, 50, 40, 40], [22, 53, 44, 40], [30, 55, 44, 42]] as const; // prettier-ignore
  const [first, ...rest] = sightings.map(([x, y, width, height]) => ({ x, y, width, height }));
  const track = new SortTrack(0, first!);
  for (const box of rest) {
    track.predict();
    track.see(box);
  }
  // Computed with numpy 2.4.6 from F, H, P, Q and R of the reference code.
  const expected = { x: 41.2979513, y: 57.0255791, width: 44.81416623, height: 43.03185133 };
  for (const [name, value] of Object.entries(track.predict())) assert.ok(Math.abs(value - expected[name as 'x']) < 1e-7, name);
});

test('a moving face is found where it will be, through one missed frame and no more', () => {
  // 15 pixels a frame: two frames on it does not overlap where it was enough, but where it is expected.
  const walk = (...frames: number[]) => frames.map((frame) => [face(15 * frame)]);
  assert.equal(follow([...walk(0, 1, 2, 3, 4), [], ...walk(6)], { 'min-hits': 0 }).map(([id]) => id), [0, 0, 0, 0, 0, undefined, 0]); // prettier-ignore
  assert.equal(follow([...walk(0, 1, 2, 3, 4), [], [], ...walk(7)], { 'min-hits': 0 }).at(-1), [1]);
});

test('who comes later is shown once three frames in a row have confirmed the first', () => {
  const [a, b] = [face(0), face(200)];
  assert.equal(follow([[a], [a], [a], [a, b], [a, b], [a, b], [a, b]]), [[0], [0], [0], [0, null], [0, null], [0, null], [0, 1]]);
});

test('two people cross: the whole decides', () => {
  const at = (frame: number) => [face(20 + 8 * frame, 50), face(180 - 8 * frame, 75)];
  assert.equal(new Set(follow(Array.from({ length: 20 }, (_, i) => at(i))).map(String)), new Set(['0,1']));
});

test.run();
