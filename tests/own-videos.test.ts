import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ffmpegExecutable } from '../framework/video/index.js';
import { freshFolder, mienlab, quickstart } from './mienlab.js';

const small = ['train.steps=3', 'train.auxiliary.steps-before=0', 'tracker=facetrack', 'generate.max-new-tokens=8'];

const ffmpeg = (...args: string[]) => execFileSync(ffmpegExecutable(), ['-v', 'error', '-y', ...args]);

/** A folder of every kind of trouble; none of its videos shows a face. */
function brokenVideos(): string {
  const folder = join(freshFolder(), 'videos');
  mkdirSync(folder);
  const whole = join(folder, 'no-face.mp4');
  ffmpeg('-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=8:duration=2', '-pix_fmt', 'yuv420p', whole);
  const bytes = readFileSync(whole);
  writeFileSync(join(folder, 'truncated.mp4'), bytes.subarray(0, bytes.length >> 1));
  writeFileSync(join(folder, 'empty.mp4'), '');
  writeFileSync(join(folder, 'text.mp4'), 'this is not a video\n'.repeat(50));
  ffmpeg('-f', 'lavfi', '-i', 'sine=frequency=440:duration=1', join(folder, 'sound.mp4'));
  return folder;
}

interface Result {
  settings: { label: string; runs: { skipped: { clip: string; reason: string }[] }[] }[];
  samples: { clip: string; predictions: Record<string, string> }[];
}

test('videos that cannot be used are named and skipped, the rest goes on; without captions nothing is scored and the report says why', async () => {
  const videos = brokenVideos();
  const cwd = freshFolder();
  const { code, stdout, stderr } = await mienlab(
    ['run', quickstart, 'data=folder', `data.path=${videos}`, ...small, 'tracker=none,largest-face', '--json'],
    cwd,
  );
  // The row that needs faces has no clip left and fails; the one that does not goes on with the one whole video.
  assert.is(code, 1, stderr);
  const { folder, failed } = JSON.parse(stdout) as { folder: string; failed: string[] };
  assert.equal(failed, ['largest-face']);
  const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as Result;
  const [none] = result.settings;
  const reasons = Object.fromEntries(none!.runs[0]!.skipped.map(({ clip, reason }) => [clip, reason.split(':')[0]]));
  assert.equal(reasons, {
    empty: 'VIDEO_EMPTY',
    sound: 'VIDEO_UNREADABLE',
    text: 'VIDEO_UNREADABLE',
    truncated: 'VIDEO_UNREADABLE',
  });
  assert.equal(
    result.samples.filter(({ predictions }) => predictions['none'] !== undefined).map(({ clip }) => clip),
    ['no-face'],
  );
  assert.match(stderr, /no training clip has a caption/);
  assert.match(stderr, /VIDEO_NO_FACE|none of the test clips can be used/);
});

test('data.on-error=fail ends the run with the clip’s name', async () => {
  const { code, stderr } = await mienlab(
    ['run', quickstart, 'data=folder', `data.path=${brokenVideos()}`, 'data.on-error=fail', ...small],
    freshFolder(),
  );
  assert.is(code, 1, stderr);
  assert.match(stderr, /^clip \S+ {2}VIDEO_/m);
});

test.run();
