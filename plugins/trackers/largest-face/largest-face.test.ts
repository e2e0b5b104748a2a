import { manifestConforms, sourceFolder, trackerConforms } from 'mienlab/conformance';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { largestFace } from './largest-face.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
trackerConforms(plugin);

const face = (x: number, width: number, height: number, score = 0.9) => ({ box: { x, y: 5, width, height }, score });
const clip = { width: 200, height: 100, times: [0, 1, 2] };

test('the largest area of each frame, though another person has it', () => {
  const [a, b] = [face(10, 20, 30), face(100, 24, 24)];
  const larger = face(100, 30, 30);
  const { tracks, principal } = largestFace(0).track([[b, a], [larger, a], []], clip);
  assert.equal(principal, [a.box, larger.box, null]);
  assert.equal(tracks, [{ id: 0, boxes: principal }]);
});

test('of equal areas the first', () => {
  const [a, b] = [face(10, 20, 30, 0.9), face(100, 30, 20, 0.8)];
  assert.equal(largestFace(0).track([[a, b]], { ...clip, times: [0] }).principal, [a.box]);
});

test('faces whose smaller side is under the least size are nobody', () => {
  const { tracks, principal } = largestFace(16).track([[face(0, 15.9, 90)], [face(0, 16, 16)]], { ...clip, times: [0, 1] });
  assert.equal(principal, [null, face(0, 16, 16).box]);
  assert.is(tracks.length, 1);
  assert.equal(largestFace(16).track([[face(0, 3, 3)]], { ...clip, times: [0] }).tracks, []);
});

test.run();
