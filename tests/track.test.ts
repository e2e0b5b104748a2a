import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { drawnPeople } from '../framework/plugin/conformance/index.js';
import { readMotFile } from '../framework/tracking/mot-text.js';
import { boxIou, decodeFrames, encodeVideo, ffmpegExecutable } from '../framework/video/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = mkdtempSync(join(tmpdir(), 'mienlab-track-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

let ffmpeg: string | undefined;
try {
  ffmpeg = ffmpegExecutable();
} catch (error) {
  console.log(`skipped: ${(error as Error).message}`);
}
const testWithFfmpeg = ffmpeg ? test : test.skip;

/** Two drawn people, one walking; the box of each in every frame. */
const walk = drawnPeople(
  241,
  180,
  Array.from({ length: 20 }, (_, i) => [
    { x: 60 + 2 * i, y: 80, radius: 30 },
    { x: 190, y: 100, radius: 22 },
  ]),
);

async function film(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  // An even width is asked for by the encoder: one column is left out.
  const { height, data } = walk.frames;
  const rows = Array.from({ length: 20 * height }, (_, row) => data.subarray(row * 723, row * 723 + 720));
  const frames = Array.from({ length: 20 }, (_, i) => new Uint8Array(Buffer.concat(rows.slice(i * height, (i + 1) * height))));
  await encodeVideo(frames, { width: 240, height, fps: 10, out: path, quality: 8 });
}

function track(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/mienlab.js'), 'track', ...args], {
    encoding: 'utf8',
    env: { ...process.env, MIENLAB_HOME: join(folder, 'home') },
  });
  return { status, stdout, stderr };
}

/** A detector that needs no network: MOT files of the drawn people's boxes. */
function annotate(name: string): string {
  const rows = walk.faces.flatMap((faces, frame) =>
    faces.map(({ x, y, width, height }) => `${frame + 1},-1,${x},${y},${width},${height},0.9`),
  );
  const file = join(folder, 'boxes', `${name}.txt`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${rows.join('\n')}\n`);
  return join(folder, 'boxes');
}

const oracle = ['--detector', 'annotations', 'detector.frame-rate=10', '--workers', '2'];

testWithFfmpeg('MOT text, JSON and an overlay video of one clip', async () => {
  const video = join(folder, 'one', 'walk.mp4');
  await film(video);
  const out = join(folder, 'out');
  const done = track(video, ...oracle, `detector.path=${annotate('walk')}`, '--out', out, '--overlay', '--json');
  assert.is(done.status, 0, done.stderr);
  const [outcome] = JSON.parse(done.stdout) as { frames: number; tracks: number; principal: number; files: string[] }[];
  assert.equal([outcome!.frames, outcome!.tracks, outcome!.principal], [20, 2, 1]);
  const rows = readMotFile(join(out, 'walk.txt'), { frames: 20 });
  assert.is(rows.length, 40);
  walk.faces.forEach((faces, i) => {
    const own = rows.filter(({ frame }) => frame === i + 1);
    faces.forEach((face, person) => assert.ok(boxIou(own.find(({ id }) => id === person + 1)!.box, face) > 0.99));
  });
  const json = JSON.parse(readFileSync(join(out, 'walk.json'), 'utf8')) as Record<string, unknown>;
  assert.equal([json['width'], json['height'], json['frames'], json['policy']], [240, 180, 20, 'weighted']);
  assert.is((json['principal'] as unknown[]).length, 20);
  assert.is((json['scores'] as { track: number }[])[0]!.track, 1, 'the larger one, nearer to the middle');
  const overlay = await decodeFrames(join(out, 'walk.mp4'), { frames: 20 });
  assert.is(overlay.width, 240);
  assert.ok(overlay.height > 190, 'a time line underneath');
  const at = (frame: number, x: number, y: number) => {
    const from = ((frame * overlay.height + y) * overlay.width + x) * 3;
    return [...overlay.data.subarray(from, from + 3)] as [number, number, number];
  };
  const face = walk.faces[5]![0]!;
  const [red, green] = at(5, Math.round(face.x), Math.round(face.y + face.height / 2));
  assert.ok(
    green > 140 && green > red + 60,
    `the principal's box is green: ${at(5, Math.round(face.x), Math.round(face.y + face.height / 2)).join(' ')}`,
  );
  assert.equal(readdirSync(out).sort(), ['walk.json', 'walk.mp4', 'walk.txt']);
});

testWithFfmpeg('faces in every third frame: the tracks are as whole; the same whatever the number of threads', async () => {
  const video = join(folder, 'one', 'walk.mp4');
  if (!existsSync(video)) await film(video);
  const path = `detector.path=${annotate('walk')}`;
  const texts = ['1', '2'].map((workers) => {
    const out = join(folder, `every-${workers}`);
    const done = track(
      video,
      '--detector',
      'annotations',
      'detector.frame-rate=10',
      path,
      '--every',
      '3',
      '--workers',
      workers,
      '--out',
      out,
    );
    assert.is(done.status, 0, done.stderr);
    return readFileSync(join(out, 'walk.txt'), 'utf8');
  });
  assert.is(texts[0], texts[1]);
  const rows = texts[0]!
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  // Frames 1, 4, ... 19 are looked at; behind the last nothing is known.
  assert.is(rows.length, 38);
  const [, , x] = rows.find(([frame, id]) => frame === 6 && id === 1)!;
  assert.ok(Math.abs(x! - walk.faces[5]![0]!.x) < 0.01);
});

testWithFfmpeg('a folder: clips of one name stay apart, bad ones are named, the others are done', async () => {
  const videos = join(folder, 'many');
  await film(join(videos, 'a', 'walk.mp4'));
  await film(join(videos, 'b', 'walk.mp4'));
  const cut = join(videos, 'cut.mp4');
  spawnSync(ffmpeg!, ['-v', 'error', '-y', '-i', join(videos, 'a', 'walk.mp4'), '-c', 'copy', '-movflags', '+faststart', cut]);
  truncateSync(cut, Math.floor(statSync(cut).size * 0.6));
  spawnSync(ffmpeg!, ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=duration=0.3', '-c:a', 'aac', join(videos, 'sound.mp4')]);
  writeFileSync(join(videos, 'zero.mp4'), '');
  spawnSync(ffmpeg!, [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    'testsrc=size=63x47:rate=10:duration=0.1',
    '-c:v',
    'ffv1',
    join(videos, 'odd.mkv'),
  ]);
  const [out, path] = [join(folder, 'many-out'), join(folder, 'boxes')];
  for (const name of ['a/walk.mp4', 'b/walk.mp4', 'odd.mkv', 'cut.mp4']) {
    mkdirSync(join(path, dirname(name)), { recursive: true });
    copyFileSync(join(annotate('walk'), 'walk.txt'), join(path, `${name}.txt`));
  }
  const done = track(videos, ...oracle, `detector.path=${path}`, '--out', out, '--overlay', '--json');
  assert.is(done.status, 1, done.stderr);
  const outcomes = JSON.parse(done.stdout) as { name: string; frames?: number; fault?: { code: string } }[];
  assert.equal(Object.fromEntries(outcomes.map(({ name, frames, fault }) => [name, fault?.code ?? frames])), {
    'a/walk.mp4': 20,
    'b/walk.mp4': 20,
    'cut.mp4': 'VIDEO_UNREADABLE',
    'odd.mkv': 1,
    'sound.mp4': 'VIDEO_UNREADABLE',
    'zero.mp4': 'VIDEO_EMPTY',
  });
  assert.ok(existsSync(join(out, 'a/walk.mp4.mp4')) && existsSync(join(out, 'b/walk.mp4.txt')) && existsSync(join(out, 'odd.mkv.mp4')));
  assert.not.ok(existsSync(join(out, 'cut.mp4.txt')));
  const files = readdirSync(out, { recursive: true }).map(String);
  assert.not.ok(files.some((name) => name.endsWith('.part')));
});

testWithFfmpeg('tracks of another video are not written over', async () => {
  const out = join(folder, 'taken');
  mkdirSync(out);
  writeFileSync(join(out, 'walk.json'), '{"video":"/elsewhere/walk.mp4"}');
  await film(join(folder, 'two', 'walk.mp4'));
  const done = track(join(folder, 'two', 'walk.mp4'), ...oracle, `detector.path=${annotate('walk')}`, '--out', out);
  assert.is(done.status, 1);
  assert.match(done.stdout, /holds tracks of \/elsewhere\/walk\.mp4/);
});

testWithFfmpeg('Ctrl-C leaves nothing half-written', async () => {
  const video = join(folder, 'long.mp4');
  spawnSync(ffmpeg!, [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=640x480:rate=30:duration=60',
    '-preset',
    'ultrafast',
    video,
  ]);
  const out = join(folder, 'interrupted');
  const path = `detector.path=${join(annotate('walk'), 'walk.txt')}`;
  const child = spawn(process.execPath, [join(root, 'bin/mienlab.js'), 'track', video, ...oracle, path, '--overlay', '--out', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, MIENLAB_HOME: join(folder, 'home') },
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said += String(text);
    if (/overlay/.test(said)) child.kill('SIGINT');
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.is(code, 130, said);
  assert.equal(
    readdirSync(out).filter((name) => !/^long\.(txt|json)$/.test(name)),
    [],
  );
});

test('options that are wrong are told before anything starts', () => {
  for (const [args, message] of [
    [[], /which video/],
    [['x.mp4', '--detector', 'blazefase'], /the nearest is|blazeface/],
    [['x.mp4', 'detector.min-score=2'], /detector\.min-score/],
    [['x.mp4', 'detector.min-scor=1'], /detector\.min-scor/],
    [['x.mp4', '--every', '0'], /whole number from 1/],
  ] as const) {
    const { status, stderr } = track(...args);
    assert.is(status, 2, stderr);
    assert.match(stderr, message);
  }
});

test.run();
