// npm run bench -- faces [--video FILE] [--seconds N] [--size WxH] [--threads N] [--rounds N] [--detector centerface|blazeface] [--json FILE]
// The whole face path (decode, detect, track, crop the principal) against its own limit: the larger of ffmpeg's decode alone and ONNX Runtime's
// detection alone, on the same frames and threads, in turns of one run. Without --video on a film of drawn people.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { drawnPeople, testContext } from 'mienlab/conformance';
import { defaultConfig } from 'mienlab/plugin';
import { freeOnnxShapes, keptPackagePath, OnnxSession, resolveCheckpoint } from 'mienlab/tensor';
import { cropSquares, encodeVideo, ffmpegExecutable, resizeFrames, streamFrames } from 'mienlab/video';
import { openDetectPool } from '../dist/framework/pipeline/track/detect-pool.js';
import { trackVideo } from '../dist/framework/pipeline/track/track-video.js';
import centerface from '../dist/plugins/detectors/centerface/plugin.js';
import blazeface from '../dist/plugins/detectors/blazeface/plugin.js';
import facetrack from '../dist/plugins/trackers/facetrack/plugin.js';
import { median } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    video: { type: 'string' },
    seconds: { type: 'string', default: '6' },
    size: { type: 'string', default: '480x270' },
    threads: { type: 'string', default: String(availableParallelism()) },
    rounds: { type: 'string', default: '3' },
    detector: { type: 'string', default: 'centerface' },
    json: { type: 'string' },
  },
});
const [threads, rounds] = [Number(values.threads), Number(values.rounds)];
const rate = 25;
const { signal } = testContext();
const folder = mkdtempSync(join(tmpdir(), 'mienlab-bench-faces-'));

/** Three drawn people who walk. */
async function film() {
  const [width, height] = values.size.split('x').map(Number);
  const unit = height / 270;
  const out = join(folder, 'film.mp4');
  async function* frames() {
    for (let i = 0; i < Number(values.seconds) * rate; i++) {
      const at = (start, speed) => width * (0.15 + 0.7 * Math.abs((((start + speed * i) / rate) % 2) - 1));
      const people = [
        { x: at(0, 0.4), y: 0.4 * height, radius: 34 * unit },
        { x: at(20, 0.25), y: 0.5 * height, radius: 24 * unit },
        { x: at(40, 0.3), y: 0.35 * height, radius: 18 * unit },
      ];
      yield drawnPeople(width, height, [people]).frames.data;
    }
  }
  await encodeVideo(frames(), { width, height, fps: rate, out });
  return out;
}

/** What ONNX Runtime alone is given: every frame as the detector prepares it, batch 1. */
async function prepare(video) {
  const [plugin, side] = values.detector === 'blazeface' ? ['blazeface', 256] : ['centerface', 0];
  const source =
    plugin === 'blazeface'
      ? keptPackagePath('blazeface', 'ONNX', 'face_detection_back_256x256_barracuda.onnx')
      : resolveCheckpoint('centerface', (path) => path);
  const input = plugin === 'blazeface' ? 'input:0' : 'input.1';
  const shape = plugin === 'blazeface' ? [1, side, side, 3] : ['batch', 3, 'height', 'width'];
  const { model, outputs } = freeOnnxShapes(readFileSync(source), source, {
    inputs: { [input]: shape },
    beforeLast: plugin === 'blazeface',
  });
  // On all threads at once, or as many sessions with a thread each: whichever is faster is the limit.
  const session = await OnnxSession.open(model, { source, threads });
  const alone = Array.from({ length: threads }, () => new Worker(new URL('./workers/onnx-alone.mjs', import.meta.url)));
  const images = [];
  for await (const piece of streamFrames(video)) {
    const [width, height] = [piece.width, piece.height].map((length) => side || Math.ceil(length / 32) * 32);
    const bytes = resizeFrames(piece, { width, height });
    const size = width * height * 3;
    piece.times.forEach((_, i) => {
      const data = Float32Array.from(bytes.subarray(i * size, (i + 1) * size), (value) => (side ? value / 127.5 - 1 : value));
      images.push({ data, dims: side ? [1, height, width, 3] : [1, 3, height, width] });
    });
  }
  const asked = (worker, message) => new Promise((resolve) => (worker.once('message', resolve), worker.postMessage(message)));
  const shares = alone.map((_, k) => images.filter((_, i) => i % threads === k));
  await Promise.all(alone.map((worker, k) => asked(worker, { model, input, outputs, images: shares[k] })));
  return {
    frames: images.length,
    together: async () => {
      for (const image of images) await session.run({ [input]: image }, outputs);
    },
    apart: () => Promise.all(alone.map((worker) => asked(worker, 'run'))),
    close: async () => {
      await session.dispose();
      await Promise.all(alone.map((worker) => worker.terminate()));
    },
  };
}

function decodeAlone(video) {
  const args = ['-v', 'error', '-y', '-i', video, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '/dev/null'];
  const { status, stderr } = spawnSync(ffmpegExecutable(), args);
  if (status !== 0) throw new Error(String(stderr));
}

async function whole(video, pool, tracker) {
  const tracked = await trackVideo(video, pool, tracker, { every: 1, maxSide: 0, clip: 'film', signal });
  let crops = 0;
  for await (const piece of streamFrames(video)) {
    cropSquares(piece, tracked.principal.slice(piece.first, piece.first + piece.times.length), { margin: 1.5, size: 112 });
    crops += piece.times.length;
  }
  return { tracks: tracked.tracks.length, faces: tracked.faces, crops };
}

const timed = async (work) => {
  const start = performance.now();
  const result = await work();
  return { ms: performance.now() - start, result };
};

try {
  const video = values.video ?? (await film());
  if (!existsSync(video)) throw new Error(`${video} is not there`);
  const limit = await prepare(video);
  const plugin = values.detector === 'blazeface' ? blazeface : centerface;
  const config = { ...defaultConfig(plugin.config), threads: 1, ...(values.detector === 'blazeface' && { runtime: 'onnx' }) };
  const log = { info() {}, warn: console.error };
  const pool = await openDetectPool({ name: plugin.name, config }, threads, { log, signal });
  const tracker = await facetrack.create(testContext(), defaultConfig(facetrack.config), {});
  const times = { decode: [], together: [], apart: [], whole: [] };
  let seen;
  for (let round = 0; round < rounds; round++) {
    times.decode.push((await timed(async () => decodeAlone(video))).ms);
    times.together.push((await timed(limit.together)).ms);
    times.apart.push((await timed(limit.apart)).ms);
    const { ms, result } = await timed(() => whole(video, pool, tracker));
    times.whole.push(ms);
    seen = result;
  }
  await pool.close();
  await limit.close();
  const a = (name) => median(times[name]) / limit.frames;
  const detect = Math.min(a('together'), a('apart'));
  const bound = Math.max(a('decode'), detect);
  const result = {
    frames: limit.frames,
    ...seen,
    threads,
    detector: values.detector,
    msPerFrame: { decode: a('decode'), detect, whole: a('whole') },
    limit: bound,
    ratio: a('whole') / bound,
    times,
  };
  console.log(
    `${limit.frames} frames, ${seen.faces} faces, ${seen.tracks} tracks, ${seen.crops} crops; ${threads} threads, ${values.detector}, median of ${rounds}`,
  );
  for (const [name, what] of [
    ['decode', 'ffmpeg decodes alone'],
    ['together', 'ONNX Runtime alone, one session on all threads'],
    ['apart', 'ONNX Runtime alone, a session on each thread'],
    ['whole', 'decode, detect, track, crop'],
  ]) {
    console.log(`  ${a(name).toFixed(2).padStart(8)} ms a frame: ${what}`);
  }
  console.log(`  whole path / limit: ${result.ratio.toFixed(2)} (goal: at most 1.15)`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
