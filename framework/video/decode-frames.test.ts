import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../faults/index.js';
import { packageRoot } from '../paths.js';
import { decodeFrames, encodeVideo, ffmpegExecutable } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-video-'));
test.after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

/** Frame i is all of grey 10 + 9 i, so that a decoded frame tells its number. */
function* greys(count: number, width = 64, height = 48): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(width * height * 3).fill(10 + 9 * i);
}
const numbers = (frames: { data: Uint8Array; times: readonly number[] }) => {
  const bytes = frames.data.length / frames.times.length;
  return frames.times.map((_, i) => Math.round((frames.data[i * bytes]! - 10) / 9));
};

function ffmpeg(...args: string[]): void {
  const { status, stderr } = spawnSync(ffmpegExecutable(), ['-y', '-nostdin', '-loglevel', 'error', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, Fault);
    return error as Fault;
  }
  throw new Error('nothing was thrown');
}

const clip = at('clip.mp4');
test.before(() => encodeVideo(greys(24), { width: 64, height: 48, fps: 8, out: clip }));

test('uniform takes the frames shown at the middles of equal segments', async () => {
  const frames = await decodeFrames(clip, { frames: 8 });
  assert.equal([frames.width, frames.height, frames.rotation, frames.duration], [64, 48, 0, 3]);
  assert.equal(numbers(frames), [1, 4, 7, 10, 13, 16, 19, 22]);
  assert.equal(frames.times, [0.125, 0.5, 0.875, 1.25, 1.625, 2, 2.375, 2.75]);
  assert.equal(frames.source, { width: 64, height: 48 });
});

test('fps takes as many as the rate gives, at most those wanted', async () => {
  assert.equal((await decodeFrames(clip, { frames: 8, sampling: { policy: 'fps', rate: 1 } })).times, [0.5, 1.5, 2.5]);
  assert.is((await decodeFrames(clip, { frames: 8, sampling: { policy: 'fps', rate: 4 } })).times.length, 8);
  assert.is((await decodeFrames(clip, { frames: 8, sampling: { policy: 'fps', rate: 0.01 } })).times.length, 1);
});

test('a clip of fewer frames gives some more than once', async () => {
  await encodeVideo(greys(3), { width: 64, height: 48, fps: 8, out: at('three.mp4') });
  assert.equal(numbers(await decodeFrames(at('three.mp4'), { frames: 6 })), [0, 0, 1, 1, 2, 2]);
});

test('a large file gives the same frames as a small one', async () => {
  copyFileSync(clip, at('large.mp4'));
  // A free box at the end of an MP4 changes nothing but its size.
  const padding = Buffer.alloc(2 << 20);
  padding.writeUInt32BE(padding.length, 0);
  padding.write('free', 4);
  writeFileSync(at('large.mp4'), padding, { flag: 'a' });
  for (const frames of [1, 8, 24, 31]) {
    const [small, large] = [await decodeFrames(clip, { frames }), await decodeFrames(at('large.mp4'), { frames })];
    assert.equal({ ...large, data: undefined }, { ...small, data: undefined });
    assert.ok(Buffer.from(large.data).equals(Buffer.from(small.data)));
  }
});

test('a variable rate: frames go by their time stamps', async () => {
  // Frame n is shown at n^2 / 100 s, so frames get longer and longer.
  ffmpeg('-i', clip, '-vf', 'settb=1/100,setpts=N*N', '-enc_time_base', '1/100', '-c:v', 'libx264', '-qp', '0', at('slower.mkv'));
  const frames = await decodeFrames(at('slower.mkv'), { frames: 4 });
  assert.equal(
    frames.times.map((time) => Math.round(time * 100)),
    numbers(frames).map((n) => n * n),
  );
  const { duration } = frames;
  assert.equal(
    numbers(frames),
    [0.125, 0.375, 0.625, 0.875].map((part) => Math.floor(Math.sqrt(part * duration * 100))),
  );
});

test('rotation is applied, and said', async () => {
  const dark = new Uint8Array(64 * 48 * 3).map((_, i) => (Math.floor(i / 3) % 64 < 32 ? 0 : 255));
  await encodeVideo([dark, dark], { width: 64, height: 48, fps: 8, out: at('turned.mp4') });
  const bytes = readFileSync(at('turned.mp4'));
  // The track header's matrix, 16.16 fixed point: a quarter turn clockwise.
  const matrix = bytes.indexOf('tkhd') + 44;
  [0, 1 << 16, 0, -1 << 16, 0, 0, 48 << 16, 0, 1 << 30].forEach((value, i) => bytes.writeInt32BE(value, matrix + 4 * i));
  writeFileSync(at('turned.mp4'), bytes);
  const frames = await decodeFrames(at('turned.mp4'), { frames: 1 });
  assert.equal([frames.width, frames.height, frames.rotation], [48, 64, 90]);
  assert.equal(frames.source, { width: 48, height: 64 });
  // What was left is on top.
  assert.ok(frames.data[3 * 24]! < 5 && frames.data.at(-3 * 24)! > 250);
});

test('pixels that are not square are made so, and the longer side is limited', async () => {
  ffmpeg('-i', clip, '-vf', 'setsar=2', at('wide.mp4'));
  const frames = await decodeFrames(at('wide.mp4'), { frames: 1, maxSide: 64 });
  assert.equal([frames.width, frames.height], [64, 24]);
  assert.equal(frames.source, { width: 128, height: 48 });
  const small = await decodeFrames(clip, { frames: 2, size: { width: 10, height: 20 } });
  assert.equal([small.width, small.height, small.data.length], [10, 20, 2 * 10 * 20 * 3]);
  assert.is((await decodeFrames(clip, { frames: 1, maxSide: 1000 })).width, 64);
});

test('mkv, webm and avi', async () => {
  for (const [name, codec] of [
    ['a.mkv', 'libx264'],
    ['a.webm', 'libvpx'],
    ['a.avi', 'mpeg4'],
  ] as const) {
    ffmpeg('-i', clip, '-c:v', codec, at(name));
    assert.equal(numbers(await decodeFrames(at(name), { frames: 4 })), [3, 9, 15, 21], name);
  }
});

test('bad files are named with what is wrong', async () => {
  writeFileSync(at('empty.mp4'), '');
  writeFileSync(at('text.mp4'), 'no video at all\n'.repeat(100));
  writeFileSync(at('headless.mp4'), readFileSync(clip).subarray(0, 400));
  ffmpeg('-i', clip, '-c', 'copy', '-movflags', '+faststart', at('whole.mp4'));
  const whole = readFileSync(at('whole.mp4'));
  writeFileSync(at('cut.mp4'), whole.subarray(0, whole.length - 300));
  ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', at('sound.m4a'));
  copyFileSync(at('sound.m4a'), at('sound.mp4'));
  const cases: [string, string, RegExp][] = [
    ['empty.mp4', 'VIDEO_EMPTY', /is an empty file/],
    ['text.mp4', 'VIDEO_UNREADABLE', /is not a video/],
    ['headless.mp4', 'VIDEO_UNREADABLE', /is not a video that ffmpeg can read \(moov atom not found\)/],
    ['cut.mp4', 'VIDEO_UNREADABLE', /is cut off: \d\.\d s of 3\.0 s can be read/],
    ['sound.mp4', 'VIDEO_UNREADABLE', /has sound but no video/],
    ['missing.mp4', 'VIDEO_UNREADABLE', /cannot be opened/],
  ];
  for (const [name, code, message] of cases) {
    const fault = await faultOf(decodeFrames(at(name), { frames: 8, clip: name }));
    assert.is(fault.code, code, name);
    assert.match(fault.message, message);
    assert.is(fault.details.clip, name);
  }
});

test('an abort ends the process and throws its reason', async () => {
  const controller = new AbortController();
  async function* endless() {
    for (let i = 0; ; i++) {
      if (i === 20) controller.abort(new Error('enough'));
      yield new Uint8Array(64 * 48 * 3);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const out = at('aborted.mp4');
  let reason: unknown;
  await encodeVideo(endless(), { width: 64, height: 48, fps: 8, out, signal: controller.signal }).catch(
    (error: unknown) => (reason = error),
  );
  assert.is((reason as Error).message, 'enough');
  assert.equal(
    readdirSync(folder).filter((name) => name.startsWith('aborted')),
    [],
  );
  await decodeFrames(clip, { frames: 1, signal: controller.signal }).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'enough'),
  );
});

test('a source of frames that fails leaves nothing behind', async () => {
  function* broken() {
    yield new Uint8Array(64 * 48 * 3);
    throw new Error('no more paint');
  }
  const out = at('broken.mp4');
  const error = await encodeVideo(broken(), { width: 64, height: 48, fps: 8, out }).catch((reason: Error) => reason);
  assert.is(error?.message, 'no more paint');
  assert.not(readdirSync(folder).some((name) => name.startsWith('broken')));
});

test('the same frames give the same bytes', async () => {
  await encodeVideo(greys(24), { width: 64, height: 48, fps: 8, out: at('again.mp4') });
  assert.ok(readFileSync(at('again.mp4')).equals(readFileSync(clip)));
});

test('a size that the codec refuses is a fault', async () => {
  const fault = await faultOf(encodeVideo(greys(1, 63, 48), { width: 63, height: 48, fps: 8, out: at('odd.mp4') }));
  assert.is(fault.code, 'RUN_FAILED');
  assert.match(fault.message, /odd\.mp4 could not be written/);
});

const real = join(packageRoot, '../shared/data/clips/01-one-face-sad-to-happy.mp4');
if (existsSync(real)) {
  test('a real clip of 472 frames', async () => {
    const frames = await decodeFrames(real, { frames: 4, maxSide: 320 });
    assert.equal([frames.width, frames.height], [320, 180]);
    assert.ok(Math.abs(frames.duration - 19.69) < 0.02);
    frames.times.forEach((time, i) => assert.ok(Math.abs(time - ((i + 0.5) / 4) * 19.69) < 1 / 23.9));
  });
} else console.log(`skipped: no ${real}`);

test.run();
