import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Tracker } from '../framework/contracts/index.js';
import { testBackend, testContext } from '../framework/plugin/conformance/index.js';
import { defaultConfig } from '../framework/plugin/index.js';
import { readMotFile } from '../framework/tracking/mot-text.js';
import { scoreTracks, type TrackScores } from '../framework/tracking/score-tracks.js';
import { trackSequence } from '../framework/tracking/track-sequence.js';
import { decodeFrames } from '../framework/video/index.js';
import blazeface from '../plugins/detectors/blazeface/plugin.js';
import facetrack from '../plugins/trackers/facetrack/plugin.js';

const clips = fileURLToPath(new URL('../../../shared/data/clips/', import.meta.url));

/** Every frame of a clip with two people, faces by blazeface, tracks by facetrack, matches at an IoU of .5 as in TrackEval. */
async function follow(name: string, count: number): Promise<TrackScores> {
  const detector = await blazeface.create(testContext(), defaultConfig(blazeface.config), {});
  const tracker: Tracker = await facetrack.create(testContext(), defaultConfig(facetrack.config), {});
  const frames = await decodeFrames(`${clips}${name}.mp4`, { frames: count });
  const { tracks } = tracker.track(await detector.detect(frames), frames);
  await detector.dispose();
  const rows = tracks.flatMap(({ id, boxes }) => boxes.flatMap((box, i) => (box ? [{ frame: i + 1, id, box, score: 1 }] : [])));
  return scoreTracks(trackSequence(readMotFile(`${clips}${name}.gt.txt`), count), trackSequence(rows, count));
}

if (existsSync(clips) && (await testBackend('tensorflow'))) {
  for (const [name, count] of [
    ['04-two-faces-head-tilt', 56],
    ['10-two-faces-speech', 105],
  ] as const) {
    // prettier-ignore
    test(`facetrack keeps two people apart: ${name}`, async () => {
      const { identity, clear } = await follow(name, count);
      assert.is(clear.IDSW, 0);
      assert.ok(identity.IDF1 >= 0.98, `IDF1 ${identity.IDF1}, ${JSON.stringify({ ...identity, ...clear })}`);
    });
  }
} else test.skip(`facetrack keeps two people apart (there is no ${clips}, or no tensorflow backend)`, () => {});

test.run();
