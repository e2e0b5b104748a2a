// Speed and recall of the detector blazeface, and what facetrack makes of its faces, on the shared real clips.
// node bench/detector.mjs [tensorflow|wasm|cpu] [batch,batch,...]      (after npx tsc; needs ffmpeg and ../shared/data/clips)
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boxIou } from 'mienlab/video';
import { defaultConfig } from 'mienlab/plugin';
import { testContext } from 'mienlab/conformance';
import { useTensorflow } from 'mienlab/tensor';
import { loadBackend } from '../dist/framework/tensor/backend/index.js';
import { ffmpegExecutable } from '../dist/framework/video/ffmpeg-executable.js';
import blazeface from '../dist/plugins/detectors/blazeface/plugin.js';
import facetrack from '../dist/plugins/trackers/facetrack/plugin.js';

const backend = process.argv[2] ?? 'tensorflow';
const batches = (process.argv[3] ?? '1,8,16').split(',').map(Number);
const clips = join(dirname(fileURLToPath(import.meta.url)), '../../shared/data/clips');

function decode(name, width, height, fps) {
  const args = ['-v', 'error', '-i', join(clips, `${name}.mp4`), '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const { stdout, stderr, status } = spawnSync(ffmpegExecutable(), args, { maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(String(stderr));
  return {
    width,
    height,
    data: new Uint8Array(stdout),
    times: Array.from({ length: stdout.length / (width * height * 3) }, (_, i) => i / fps),
  };
}

/** [frame] of {id, box}: MOT rows are frame from 1, id, x, y, width, height. */
function truth(name, frames) {
  const rows = readFileSync(join(clips, `${name}.gt.txt`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  return Array.from({ length: frames }, (_, i) =>
    rows.filter(([frame]) => frame === i + 1).map(([, id, x, y, width, height]) => ({ id, box: { x, y, width, height } })),
  );
}

useTensorflow(await loadBackend({ name: backend }));
const config = defaultConfig(blazeface.config);

const film = decode('04-two-faces-head-tilt', 480, 270, 12);
for (const batch of batches) {
  const detector = await blazeface.create(testContext(), { ...config, batch }, {});
  const times = [];
  const busy = [];
  for (let round = 0; round < 4; round++) {
    const start = performance.now();
    const before = process.cpuUsage();
    await detector.detect(film);
    times.push((performance.now() - start) / film.times.length);
    const { user, system } = process.cpuUsage(before);
    busy.push((user + system) / 1000 / film.times.length);
  }
  detector.dispose();
  const all = times.map((ms) => ms.toFixed(1)).join(' ');
  console.log(
    `${backend} batch ${batch}: best ${Math.min(...times).toFixed(1)} ms a frame (CPU time ${Math.min(...busy).toFixed(1)}), all ${all}`,
  );
}

const detector = await blazeface.create(testContext(), config, {});
const tracker = await facetrack.create(testContext(), defaultConfig(facetrack.config), {});
for (const [name, width, height, fps] of [
  ['04-two-faces-head-tilt', 480, 270, 12],
  ['10-two-faces-speech', 320, 240, 11.9],
]) {
  const frames = decode(name, width, height, fps);
  const faces = await detector.detect(frames);
  const people = truth(name, frames.times.length);
  const overlaps = [];
  let [all, found, surplus] = [0, 0, 0];
  people.forEach((row, i) => {
    all += row.length;
    const best = row.map(({ box }) => Math.max(0, ...faces[i].map((face) => boxIou(face.box, box))));
    found += best.filter((iou) => iou >= 0.3).length;
    overlaps.push(...best);
    if (row.length) surplus += faces[i].filter((face) => row.every(({ box }) => boxIou(face.box, box) < 0.3)).length;
  });
  overlaps.sort((a, b) => a - b);
  const at = (share) => overlaps[Math.floor(share * (overlaps.length - 1))].toFixed(2);
  console.log(
    `${name}: ${found} of ${all} faces found (IoU .3), ${surplus} surplus in the annotated frames; IoU least ${at(0)}, 5 % ${at(0.05)}, median ${at(0.5)}`,
  );
  for (const step of [1, 2, 4, 8]) {
    const kept = frames.times.map((_, i) => i).filter((i) => i % step === 0);
    const { tracks } = tracker.track(
      kept.map((i) => faces[i]),
      { width, height, times: kept.map((i) => frames.times[i]) },
    );
    const last = new Map();
    let switches = 0;
    kept.forEach((i, at) => {
      for (const { id, box } of people[i]) {
        const track = tracks.find(({ boxes }) => boxes[at] && boxIou(boxes[at], box) >= 0.3);
        if (!track) continue;
        if (last.has(id) && last.get(id) !== track.id) switches++;
        last.set(id, track.id);
      }
    });
    console.log(
      `  every ${step}. frame (${kept.length}): ${tracks.length} tracks of ${people[0].length} people, ${switches} identity switches`,
    );
  }
}
detector.dispose();
