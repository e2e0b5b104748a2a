import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Clip, Detection, Detector, ImageSize, Tracker } from '../contracts/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { definePlugin } from '../plugin/index.js';
import { encodeVideo } from '../video/index.js';
import { perceive, type Viewer } from './perceive.js';
import { perceptionKeys } from './perception-keys.js';
import { StageCache } from './stage-cache.js';

const box = { x: 10, y: 10, width: 20, height: 20 };
const config = { type: 'object', additionalProperties: false, properties: {} } as const;
const common = {
  version: '1.0.0',
  contract: 1,
  summary: 'For tests.',
  config,
  deterministic: true,
  licence: { code: 'Apache-2.0' },
} as const;
const unused = () => {
  throw new Error('the viewer makes it');
};
const detector = definePlugin({
  ...common,
  kind: 'detector',
  name: 'fixed',
  consumes: [],
  produces: () => ({ type: 'detections', dims: {} }),
  create: unused,
});
const trackerNamed = (name: string, principal: 0 | 1) =>
  definePlugin({
    ...common,
    kind: 'tracker',
    name,
    consumes: [],
    produces: () => ({ type: 'tracks', dims: { principal } }),
    create: unused,
  });

const encoderThatWants = (wish: Pick<ImageSize, 'fit' | 'filter'>) =>
  definePlugin({
    ...common,
    kind: 'encoder',
    name: 'small',
    consumes: [],
    input: () => ({ frame: { height: 8, width: 8, ...wish }, face: { height: 4, width: 4, filter: wish.filter } }),
    produces: () => ({ type: 'visual-tokens', dims: {} }),
    create: unused,
  });

/** A run that decodes 2 frames at 64x48 of a 128x96 video and sees it as a fixed detector and tracker do. */
function viewer(
  name: string,
  principal: 0 | 1,
  calls: string[],
  found: (clip: number) => Detection[] = () => [{ box, score: 1 }],
  wish: Pick<ImageSize, 'fit' | 'filter'> = {},
): Viewer {
  const tracker = trackerNamed(name, principal);
  const plan = {
    settings: { video: { frames: 2, sampling: 'uniform', fps: 2, 'max-side': 64 }, crop: { margin: 1 }, data: { 'on-error': 'skip' } },
    plugins: {
      detector: { manifest: detector, config: {} },
      tracker: { manifest: tracker, config: {} },
      encoder: { manifest: encoderThatWants(wish), config: {} },
    },
    ports: {
      frames: { type: 'frames', dims: { count: 2, height: 8, width: 8 } },
      faces: principal ? { type: 'faces', dims: { count: 2, height: 4, width: 4 } } : null,
    },
  } as unknown as RunPlan;
  let clip = 0;
  const detecting: Detector = {
    detect: async (frames) => {
      calls.push(`detect ${frames.width}x${frames.height} ${frames.times.length}`);
      const faces = found(clip++);
      return frames.times.map(() => faces);
    },
    dispose: () => {},
  };
  const tracking: Tracker = {
    track: (detections) => {
      calls.push(`track ${name}`);
      return { tracks: [], principal: detections.map((faces) => (principal ? (faces[0]?.box ?? null) : null)) };
    },
    dispose: () => {},
  };
  return { plan, detector: async () => detecting, tracker: async () => tracking };
}

async function video(): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), 'mienlab-see-')), 'a.mp4');
  const frame = new Uint8Array(128 * 96 * 3).fill(200);
  await encodeVideo([frame, frame, frame, frame], { width: 128, height: 96, fps: 4, out: path });
  return path;
}

const clipOf = (id: string, path: string): { clip: Clip; digest: string } => ({
  clip: { id, video: path, split: 'test', instruction: '', references: [] },
  digest: id,
});

const options = (cache: StageCache) => ({
  cache,
  nonce: 'n',
  signal: new AbortController().signal,
  progress: { start: () => ({ done: () => {}, end: () => {} }) },
});

test('runs share what they have in common, and a cache answers the second time', async () => {
  const cache = new StageCache(mkdtempSync(join(tmpdir(), 'mienlab-see-')), '', 'use');
  const calls: string[] = [];
  const path = await video();
  const viewers = [viewer('none', 0, calls), viewer('first', 1, calls)];
  const seen = await perceive(viewers, [clipOf('a', path)], options(cache));
  assert.equal(calls, ['detect 64x48 2', 'track none', 'track first']);

  const perception = seen.get(viewers[1]!.plan)!;
  const perceived = perception.clips.get('a')!;
  assert.equal([perceived.width, perceived.height], [128, 96]);
  // Decoded at half size: boxes come back in pixels of the video.
  assert.equal(perceived.principal, Array(2).fill({ x: 20, y: 20, width: 40, height: 40 }));
  assert.is((await perception.frames.read('a')).length, 2 * 8 * 8 * 3);
  assert.is((await perception.faces!.read('a')).length, 2 * 4 * 4 * 3);
  assert.is(seen.get(viewers[0]!.plan)!.faces, null);

  const again = await perceive([viewer('first', 1, calls)], [clipOf('a', path)], options(cache));
  assert.is(calls.length, 3);
  assert.is([...again.values()][0]!.clips.get('a')!.ms, null);
});

test('a clip without a face is at fault for runs that need one, a broken one for all', async () => {
  const cache = new StageCache(mkdtempSync(join(tmpdir(), 'mienlab-see-')), '', 'use');
  const calls: string[] = [];
  const viewers = [viewer('none', 0, calls, () => []), viewer('first', 1, calls)];
  const seen = await perceive(viewers, [clipOf('empty-scene', await video()), clipOf('gone', '/nowhere/b.mp4')], options(cache));
  const faults = viewers.map(({ plan }) => [...seen.get(plan)!.faults].map(([id, { code }]) => `${id} ${code}`).sort());
  assert.equal(faults, [['gone VIDEO_UNREADABLE'], ['empty-scene VIDEO_NO_FACE', 'gone VIDEO_UNREADABLE']]);
});

test('frames and crops are fitted as the encoder wishes, each way under a key of its own', async () => {
  const cache = new StageCache(mkdtempSync(join(tmpdir(), 'mienlab-see-')), '', 'use');
  const wishes = [{}, { fit: { pad: [9, 9, 9] } }, { filter: 'bicubic' }] as const;
  const viewers = wishes.map((wish) => viewer('first', 1, [], undefined, wish));
  const seen = await perceive(viewers, [clipOf('a', await video())], options(cache));
  // A plain grey video of 64 x 48, whose square has a quarter of padding.
  const middleAndTop: number[][] = [];
  for (const { plan } of viewers) {
    const pixels = await seen.get(plan)!.frames.read('a');
    middleAndTop.push([pixels[(4 * 8 + 4) * 3]!, pixels[0]!]);
  }
  const [stretched, padded, bicubic] = middleAndTop.map(([middle, top]) => [Math.abs(middle! - 200) < 4, Math.abs(top! - 200) < 4]);
  assert.equal(
    [stretched, padded, bicubic],
    [
      [true, true],
      [true, false],
      [true, true],
    ],
  );
  const keys = viewers.map(({ plan }) => perceptionKeys(plan, 'n'));
  assert.is(new Set(keys.map(({ frames }) => frames)).size, 3);
  // Padding is nothing to a crop, which is a square already.
  assert.is(new Set(keys.map(({ faces }) => faces)).size, 2);
});

test.run();
