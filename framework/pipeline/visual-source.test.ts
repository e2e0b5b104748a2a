import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import type { DigestedClip } from './perceive.js';
import { SeenClips } from './seen-clips.js';
import { StageCache } from './stage-cache.js';
import { visualSource } from './visual-source.js';

const port = (height: number) => ({ type: 'frames', dims: { count: 2, height, width: 1 } });
const plan = { ports: { frames: port(2), faces: port(1) } } as unknown as RunPlan;

function stored(count: number) {
  const cache = new StageCache(mkdtempSync(join(tmpdir(), 'mienlab-source-')), '', 'use');
  const frames = cache.blobs('frames', 'k', 12);
  const faces = cache.blobs('faces', 'k', 6);
  const clips = Array.from({ length: count }, (_, i) => ({ clip: {}, digest: `d${i}` }) as DigestedClip);
  clips.forEach(({ digest }, i) => {
    frames.write(digest, new Uint8Array(12).fill(i));
    faces.write(digest, new Uint8Array(6).fill(100 + i));
  });
  const seen = new SeenClips(cache.records('detect', 'k'), cache.records('track', 'k'));
  return { perception: { clips: seen, faults: new Map(), frames, faces }, clips };
}

test('a batch holds frames and faces of the clips asked for, in order', () => {
  const { perception, clips } = stored(4);
  const source = visualSource(plan, perception, null, clips);
  assert.is(source.count, 4);
  const { frames, faces } = source.batch([3, 1, 3]);
  assert.equal(
    [frames!.shape, faces!.shape],
    [
      [3, 2, 2, 1, 3],
      [3, 2, 1, 1, 3],
    ],
  );
  assert.equal(
    [...frames!.data],
    [3, 1, 3].flatMap((value) => Array(12).fill(value) as number[]),
  );
  assert.equal(
    [...faces!.data],
    [103, 101, 103].flatMap((value) => Array(6).fill(value) as number[]),
  );
});

test('no more stays in memory than there is room for; the rest is read anew, and a fault where it is gone', () => {
  const { perception, clips } = stored(10);
  // Room for the frames of three clips.
  const source = visualSource(plan, perception, null, clips, 36);
  const all = clips.map((_, i) => i);
  const first = source.batch(all);
  assert.equal(source.batch(all), first);
  rmSync(perception.frames.folder, { recursive: true });
  const answers = all.map((i) => {
    try {
      return source.batch([i]).frames!.data[0];
    } catch (error) {
      return (error as Fault).code;
    }
  });
  assert.equal(answers, [0, 1, 2, ...Array<string>(7).fill('RUN_FAILED')]);
});

test.run();
