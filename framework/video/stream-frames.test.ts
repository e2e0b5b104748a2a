import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../faults/index.js';
import { decodeFrames } from './decode-frames.js';
import { ffmpegExecutable } from './ffmpeg-executable.js';
import { streamFrames, type FramePiece } from './stream-frames.js';

let ffmpeg: string | undefined;
try {
  ffmpeg = ffmpegExecutable();
} catch (error) {
  console.log(`skipped: ${(error as Error).message}`);
}
const testWithFfmpeg = ffmpeg ? test : test.skip;
const folder = mkdtempSync(join(tmpdir(), 'mienlab-stream-'));
test.after(() => rmSync(folder, { recursive: true }));

function make(name: string, ...args: string[]): string {
  const file = join(folder, name);
  const { status, stderr } = spawnSync(ffmpeg!, ['-v', 'error', '-y', ...args, file]);
  assert.is(status, 0, String(stderr));
  return file;
}
const pattern = (size: string, seconds: number, rate = 10) => [
  '-f',
  'lavfi',
  '-i',
  `testsrc=size=${size}:rate=${rate}:duration=${seconds}`,
];

async function collect(path: string, options: Parameters<typeof streamFrames>[1] = {}): Promise<FramePiece[]> {
  const pieces: FramePiece[] = [];
  for await (const piece of streamFrames(path, options)) pieces.push(piece);
  return pieces;
}

async function codeOf(path: string): Promise<string> {
  try {
    await collect(path, { clip: 'a' });
  } catch (error) {
    assert.is((error as Fault).details.clip, 'a');
    return (error as Fault).code;
  }
  return 'none';
}

testWithFfmpeg('pieces in order hold the frames that decodeFrames gives, whatever their size', async () => {
  const file = make('plain.mkv', ...pattern('65x49', 2.3), '-c:v', 'ffv1');
  const all = await decodeFrames(file, { frames: 23 });
  for (const frames of [1, 5, 8, 100]) {
    const pieces = await collect(file, { frames });
    assert.equal(
      pieces.map(({ first }) => first),
      pieces.map((_, i) => i * frames),
    );
    assert.equal(
      pieces.flatMap(({ times }) => [...times]),
      [...all.times],
    );
    assert.ok(Buffer.concat(pieces.map(({ data }) => data)).equals(Buffer.from(all.data)));
    assert.equal(pieces[0]!.source, { width: 65, height: 49 });
  }
});

testWithFfmpeg('scaled down, and turned as the file asks', async () => {
  const file = make('turned.mp4', ...pattern('64x32', 0.5), '-metadata:s:v', 'rotate=90');
  const turned = make('turned2.mp4', '-display_rotation', '90', '-i', file, '-c', 'copy');
  const [piece] = await collect(turned, { maxSide: 16 });
  assert.equal([piece!.width, piece!.height, piece!.source], [8, 16, { width: 32, height: 64 }]);
});

testWithFfmpeg('a variable rate keeps its time stamps; one frame is a piece', async () => {
  const file = make(
    'slow.mkv',
    ...pattern('32x32', 3),
    '-vf',
    "select='not(mod(n,7))+lt(n,3)'",
    '-fps_mode',
    'passthrough',
    '-c:v',
    'ffv1',
  );
  const times = (await collect(file)).flatMap((piece) => [...piece.times]);
  assert.equal(
    times.map((time) => Math.round(time * 10)),
    [0, 1, 2, 7, 14, 21, 28],
  );
  const one = await collect(make('one.mkv', ...pattern('32x32', 1), '-frames:v', '1', '-c:v', 'ffv1'));
  assert.equal(
    one.map((piece) => piece.times.length),
    [1],
  );
});

testWithFfmpeg('what cannot be used is named', async () => {
  assert.is(await codeOf(join(folder, 'absent.mp4')), 'VIDEO_UNREADABLE');
  const empty = join(folder, 'empty.mp4');
  writeFileSync(empty, '');
  assert.is(await codeOf(empty), 'VIDEO_EMPTY');
  const text = join(folder, 'text.mp4');
  writeFileSync(text, 'no video');
  assert.is(await codeOf(text), 'VIDEO_UNREADABLE');
  assert.is(await codeOf(make('sound.m4a', '-f', 'lavfi', '-i', 'sine=duration=0.5')), 'VIDEO_UNREADABLE');
  const cut = make('cut.mp4', ...pattern('320x240', 4), '-movflags', '+faststart', '-g', '5');
  truncateSync(cut, Math.floor(readFileSync(cut).length / 2));
  assert.is(await codeOf(cut), 'VIDEO_UNREADABLE');
  const none = make('none.mkv', ...pattern('32x32', 1), '-c:v', 'ffv1');
  const nothing = make('nothing.avi', '-i', none, '-vf', 'select=0', '-c:v', 'mpeg4');
  assert.ok(['VIDEO_EMPTY', 'VIDEO_UNREADABLE'].includes(await codeOf(nothing)));
});

testWithFfmpeg('whoever leaves early, or is interrupted, leaves no ffmpeg behind; a slow reader holds it back', async () => {
  const file = make('long.mp4', ...pattern('320x240', 60, 30));
  for await (const piece of streamFrames(file)) {
    assert.is(piece.first, 0);
    break;
  }
  const stop = new AbortController();
  try {
    for await (const piece of streamFrames(file, { signal: stop.signal })) if (piece.first >= 16) stop.abort(new Error('enough'));
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'enough');
  }
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  let count = 0;
  for await (const piece of streamFrames(file)) {
    if (++count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    assert.ok(piece.data.length > 0);
  }
  assert.is(count, 225);
  assert.ok(most < 150e6, `1800 frames are 415 MB, at once there were ${most}`);
});

test.run();
