// How often each tracker looks at the true principal, on drawn-faces with real detections; no model is trained.
// node bench/principal-face.mjs [clips]      (after npx tsc; needs ffmpeg; clips are kept in the system's temporary folder)
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { testBackend, testContext } from 'mienlab/conformance';
import { defaultConfig } from 'mienlab/plugin';
import { decodeFrames } from 'mienlab/video';

const folder = join(tmpdir(), 'mienlab-bench-drawn-faces');
mkdirSync(folder, { recursive: true });

async function open(path, config = {}, context = testContext()) {
  const { default: plugin } = await import(`../dist/plugins/${path}/plugin.js`);
  return plugin.create(context, { ...defaultConfig(plugin.config), ...config }, {});
}

if (!(await testBackend('tensorflow')) && !(await testBackend('wasm'))) process.exit(3);
const count = Number(process.argv[2] ?? 120);
const dataset = await open('datasets/drawn-faces', { train: 1, test: count }, { ...testContext(), folder: () => folder });
const clips = (await dataset.clips()).filter(({ split }) => split === 'test');
const detector = await open('detectors/blazeface');
const metric = await open('metrics/principal-face');
const rows = { 'largest-face': [], facetrack: [] };
const trackers = Object.fromEntries(await Promise.all(Object.keys(rows).map(async (name) => [name, await open(`trackers/${name}`)])));

let [frameCount, busy] = [0, 0];
for (const clip of clips) {
  const frames = await decodeFrames(clip.video, { frames: 8 });
  const before = process.cpuUsage();
  const detections = await detector.detect(frames);
  const { user, system } = process.cpuUsage(before);
  [frameCount, busy] = [frameCount + detections.length, busy + (user + system) / 1000];
  for (const [name, tracker] of Object.entries(trackers)) {
    const { principal } = tracker.track(detections, frames);
    rows[name].push({ clip, prediction: '', principal, times: frames.times });
  }
}
console.log(`${clips.length} clips, ${frameCount} frames, detection ${(busy / frameCount).toFixed(1)} ms CPU time a frame`);
for (const [name, scored] of Object.entries(rows)) {
  const [{ aggregate }] = await metric.score(scored);
  const kinds = new Map();
  scored.forEach(({ clip }, i) => kinds.set(clip.kind, [...(kinds.get(clip.kind) ?? []), i]));
  const parts = [...kinds].map(([kind, indices]) => `${kind} (${indices.length}) ${aggregate(indices).toFixed(3)}`);
  console.log(`${name}: ${aggregate([...scored.keys()]).toFixed(3)}; ${parts.join(', ')}`);
}
detector.dispose();
