import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeFaces, type Fit, type RawOutputs } from './decode-faces.js';

const keep = { minScore: 0.5, iouThreshold: 0.3, maxFaces: 16, minSize: 0, maxSize: 0 };

const square: Fit = { width: 256, height: 256, scale: [1, 1] };

/** Raw outputs of two images without a face. */
function empty(): RawOutputs {
  return {
    scores: [new Float32Array(2 * 512).fill(-9), new Float32Array(2 * 384).fill(-9)],
    boxes: [new Float32Array(2 * 512 * 16), new Float32Array(2 * 384 * 16)],
  };
}

test('a face of the fine grid: box and key points from its cell, in pixels of the frame', () => {
  const raw = empty();
  // Second image, row 3, column 5, second anchor of the cell: centre (5.5, 3.5) / 16.
  const anchor = 512 + (3 * 16 + 5) * 2 + 1;
  raw.scores[0][anchor] = 2;
  raw.boxes[0].set([8, -4, 64, 32, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, -16], anchor * 16);
  assert.equal(decodeFaces(raw, 0, square, keep), []);
  const [face, ...rest] = decodeFaces(raw, 1, { ...square, scale: [2, 1] }, keep);
  assert.equal(rest, []);
  assert.equal(face!.box, { x: (5.5 / 16) * 512 + 16 - 64, y: (3.5 / 16) * 256 - 4 - 16, width: 128, height: 32 });
  assert.is(face!.score, 1 / (1 + Math.exp(-2)));
  assert.is(face!.landmarks!.length, 6);
  assert.equal(face!.landmarks![0], [(5.5 / 16) * 512 + 2, (3.5 / 16) * 256 + 2]);
  assert.equal(face!.landmarks![5], [(5.5 / 16) * 512 + 32, (3.5 / 16) * 256 - 16]);
});

test('a face of the coarse grid, six anchors a cell', () => {
  const raw = empty();
  const anchor = (7 * 8 + 2) * 6 + 5;
  raw.scores[1][anchor] = 1;
  raw.boxes[1].set([0, 0, 128, 128], anchor * 16);
  assert.equal(decodeFaces(raw, 0, square, keep)[0]!.box, { x: 80 - 64, y: 240 - 64, width: 128, height: 128 });
});

test('an image that is no square has as many cells as it is wide and high', () => {
  const wide: RawOutputs = {
    scores: [new Float32Array(16 * 12 * 2).fill(-9), new Float32Array(8 * 6 * 6).fill(-9)],
    boxes: [new Float32Array(16 * 12 * 32), new Float32Array(8 * 6 * 96)],
  };
  wide.scores[1][(5 * 8 + 7) * 6] = 3;
  wide.boxes[1].set([0, 0, 40, 40], (5 * 8 + 7) * 6 * 16);
  const [face] = decodeFaces(wide, 0, { width: 256, height: 192, scale: [0.5, 0.5] }, keep);
  assert.equal(face!.box, { x: 110, y: 78, width: 20, height: 20 });
});

test('least score, least size and most faces', () => {
  const raw = empty();
  [0, 40, 80].forEach((anchor, i) => {
    raw.scores[0][anchor] = i - 1; // scores .27, .5, .73
    raw.boxes[0].set([0, 0, 10, 20 - 5 * i], anchor * 16);
  });
  const scores = (options: object) =>
    decodeFaces(raw, 0, square, { ...keep, ...options }).map(({ score }) => Math.round(score * 100) / 100);
  assert.equal(scores({}), [0.73, 0.5]);
  assert.equal(scores({ minScore: 0 }), [0.73, 0.5, 0.27]);
  assert.equal(scores({ minScore: 1 }), []);
  assert.equal(scores({ maxFaces: 1 }), [0.73]);
  assert.equal(scores({ minSize: 10 }), [0.73, 0.5]);
  assert.equal(scores({ minSize: 10.1 }), []);
});

test('numbers that are none give no face', () => {
  const raw = empty();
  raw.scores[0].fill(NaN);
  raw.scores[1][0] = 5;
  raw.boxes[1].set([NaN, 0, NaN, 20], 0);
  assert.equal(decodeFaces(raw, 0, square, keep), []);
});

test.run();
