import { manifestConforms, sourceFolder, trackerConforms } from 'mienlab/conformance';
import type { Detection } from 'mienlab/contracts';
import { defaultConfig } from 'mienlab/plugin';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ByteTrack } from './byte-track.js';
import { bytetrack } from './bytetrack.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
trackerConforms(plugin);

const face = (x: number, score = 0.9): Detection => ({ box: { x, y: 50, width: 40, height: 40 }, score });

function follow(rows: Detection[][], config: Record<string, number> = {}) {
  const stream = bytetrack({ ...defaultConfig(plugin.config), ...config }).stream!();
  return rows.map((faces, i) => stream.push(faces, i / 10));
}

test('the state after four sightings is that of the matrices of ByteTrack’s KalmanFilter', () => {
  const sightings = [[0, 50, 40, 40], [10, 50, 40, 40], [22, 53, 44, 40], [30, 55, 44, 42]] as const; // prettier-ignore
  const [first, ...rest] = sightings.map(([x, y, width, height]): Detection => ({ box: { x, y, width, height }, score: 1 }));
  const track = new ByteTrack(0, first!, 1);
  rest.forEach((detection, i) => {
    track.predict();
    track.see(detection, i + 2);
  });
  track.predict();
  // Computed with numpy 2.4.6 from the matrices and deviations of the reference code.
  const expected = { x: 37.346176747674164, y: 56.01577622708113, width: 42.248950751523914, height: 42.05779572567517 };
  for (const [name, value] of Object.entries(track.box)) assert.ok(Math.abs(value - expected[name as 'x']) < 1e-9, name);
});

test('a face of low score keeps its track, and begins none', () => {
  assert.equal(follow([[face(0)], [face(2)], [face(4, 0.3)], [face(6), face(200, 0.3)]]), [[0], [0], [0], [0, null]]);
  assert.equal(follow([[face(0)], [face(2)], [face(4, 0.05)]])[2], [null], 'below the least score it is not used');
});

test('the first frame begins tracks at once; later a second frame must confirm them', () => {
  const [a, b] = [face(0), face(200)];
  assert.equal(follow([[a], [a, b], [a, b], [a]]), [[0], [0, null], [0, 1], [0]]);
  const flash = follow([[a], [a, b], [a], [a, b], [a, b]]);
  assert.equal(flash, [[0], [0, null], [0], [0, null], [0, 2]], 'what was seen once is forgotten');
});

test('a lost face is found again for max-age frames', () => {
  const gap = (frames: number) => follow([[face(0)], [face(0)], ...Array.from({ length: frames }, () => []), [face(0)], [face(0)]], { 'max-age': 5 }).at(-1); // prettier-ignore
  assert.equal(gap(4), [0]);
  assert.equal(gap(6), [1]);
});

test('high scores choose before low ones', () => {
  // Both overlap the track; the one of low score overlaps it more.
  assert.equal(follow([[face(0)], [face(0)], [face(6, 0.8), face(0, 0.3)]])[2], [0, null]);
});

test.run();
