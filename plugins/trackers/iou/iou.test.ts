import { manifestConforms, sourceFolder, trackerConforms } from 'mienlab/conformance';
import type { Detection } from 'mienlab/contracts';
import { defaultConfig } from 'mienlab/plugin';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { iou } from './iou.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
trackerConforms(plugin);

const face = (x: number, score = 0.9): Detection => ({ box: { x, y: 50, width: 40, height: 40 }, score });

/** [frame][face] ids, and those that were no tracks. */
function follow(rows: Detection[][], config: Record<string, number> = {}) {
  const stream = iou({ ...defaultConfig(plugin.config), ...config }).stream!();
  return { ids: rows.map((faces, i) => stream.push(faces, i / 10)), dropped: stream.end() };
}

test('a face goes on while it overlaps itself by half, and not after a frame without it', () => {
  // Moved by 13 of 40 pixels: 27 / 53 = .51; by 14: 26 / 54 = .48.
  assert.equal(follow([[face(0)], [face(13)], [face(27)], [face(27)]]).ids, [[0], [0], [1], [1]]);
  assert.equal(follow([[face(0)], [], [face(0)]]).ids, [[0], [], [1]]);
});

test('tracks take in turn what overlaps them most', () => {
  assert.equal(follow([[face(0), face(100)], [face(98), face(6), face(2)]]).ids, [[0, 1], [1, 2, 0]]); // prettier-ignore
});

test('short tracks and tracks of low scores are none; faces under the least score are nobody', () => {
  const rows = [
    [face(0), face(100, 0.4)],
    [face(0), face(100, 0.4), face(200)],
    [face(0), face(100, 0.1)],
  ];
  const { ids, dropped } = follow(rows, { 'min-score': 0.2 });
  assert.equal(ids, [
    [0, 1],
    [0, 1, 2],
    [0, null],
  ]);
  assert.equal([...dropped].sort(), [1, 2]);
});

test.run();
