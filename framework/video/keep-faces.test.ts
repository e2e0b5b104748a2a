import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Detection } from '../contracts/index.js';
import { seededRandom } from '../plugin/index.js';
import { boxIou } from './box.js';
import { keepFaces } from './keep-faces.js';

const face = (x: number, width: number, height: number, score: number): Detection => ({ box: { x, y: 0, width, height }, score });
const open = { minScore: 0, iouThreshold: 0.3, maxFaces: 9, minSize: 0, maxSize: 0 };

test('highest score first, of overlapping ones the best', () => {
  const [low, high, beside] = [face(0, 10, 10, 0.5), face(1, 10, 10, 0.9), face(50, 10, 10, 0.7)];
  assert.equal(keepFaces([low, high, beside], open), [high, beside]);
  assert.equal(keepFaces([low, high, beside], { ...open, iouThreshold: 0.9 }), [high, beside, low]);
  assert.equal(keepFaces([low, high, beside], { ...open, maxFaces: 1 }), [high]);
});

test('limits of score and size; boxes without size never', () => {
  const faces = [face(0, 10, 20, 0.9), face(50, 40, 30, 0.8), face(100, 0, 5, 0.7), face(200, 15, 15, 0.1)];
  assert.equal(keepFaces(faces, open).length, 3);
  assert.equal(keepFaces(faces, { ...open, minScore: 0.5, minSize: 11 }), [faces[1]!]);
  assert.equal(keepFaces(faces, { ...open, maxSize: 20 }), [faces[0]!, faces[3]!]);
});

test('each is kept, or overlaps a better one that is kept; no two that are kept overlap', () => {
  const random = seededRandom(2);
  for (let round = 0; round < 100; round++) {
    const all = Array.from({ length: 20 }, () => face(random.next() * 60, 10, 10, random.next()));
    const kept = keepFaces(all, { ...open, maxFaces: 20 });
    for (const one of all) {
      assert.ok(kept.some((other) => other === one || (other.score >= one.score && boxIou(one.box, other.box) > 0.3)));
    }
    kept.forEach((one, i) => kept.slice(0, i).forEach((other) => assert.ok(boxIou(one.box, other.box) <= 0.3)));
  }
});

test.run();
