import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifestConforms, sourceFolder, testContext, trackerConforms } from 'mienlab/conformance';
import type { Box, ClipTruth } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { defaultConfig } from 'mienlab/plugin';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { annotations } from './annotations.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
trackerConforms(plugin);

const box = (x: number): Box => ({ x, y: 20, width: 40, height: 40 });
const truth: ClipTruth = {
  times: [0, 1, 2],
  people: [
    { id: 'bert', boxes: [box(100), box(100), box(100)] },
    { id: 'anna', boxes: [box(0), box(10), null] },
    { id: 'nobody', boxes: [null, null, null] },
  ],
  principal: 'anna',
  actions: [],
};
const clip = { width: 320, height: 240, times: [0, 0.5, 2], clip: 'a' };
const none = clip.times.map(() => []);
const tracker = (config: Record<string, unknown> = {}) => annotations(testContext(), { ...defaultConfig(plugin.config), ...config });
const code = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as Fault).code;
  }
  return undefined;
};

test('tracks and the principal are the true ones at the sampled times, though nothing was detected', () => {
  const { tracks, principal, choice } = tracker().track(none, { ...clip, truth });
  assert.equal(tracks, [
    { id: 0, boxes: [box(100), box(100), box(100)] },
    { id: 1, boxes: [box(0), box(5), null] },
  ]);
  assert.equal(principal, [box(0), box(5), null]);
  assert.is(choice!.scores[0]!.track, 1);
  assert.equal(tracker({ principal: 'longest' }).track(none, { ...clip, truth }).principal, [box(100), box(100), box(100)]);
});

test('from MOT files, at the frames of the sampled times; boxes outside the picture are none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mienlab-annotations-'));
  try {
    writeFileSync(join(folder, 'a.txt'), '1,7,100,20,40,40\n6,7,105,20,40,40\n21,7,999,20,40,40\n21,9,3,20,40,40\n7,8,0,0,9,9\n');
    const files = tracker({ path: folder, 'frame-rate': 10, principal: 'longest' });
    const { tracks } = files.track(none, clip);
    assert.equal(tracks, [
      { id: 0, boxes: [box(100), box(105), null] },
      { id: 1, boxes: [null, null, box(3)] },
    ]);
    assert.is(code(() => files.track(none, { ...clip, clip: 'b' })), 'DATASET_MISSING'); // prettier-ignore
    assert.is(code(() => tracker({ path: folder, 'frame-rate': 10 }).track(none, clip)), 'DATASET_INVALID', 'an oracle without truth'); // prettier-ignore
    writeFileSync(join(folder, 'a.txt'), '1,7,100\n');
    assert.is(code(() => files.track(none, clip)), 'TRACKS_INVALID'); // prettier-ignore
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a clip without truth is at fault', () => {
  assert.is(code(() => tracker().track(none, clip)), 'DATASET_INVALID'); // prettier-ignore
});

test.run();
