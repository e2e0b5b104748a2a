// Clips through decode, detect, track, crop and encode into kept tokens: how many a second, and whether memory stays flat.
// npm run bench -- features [--clips 5033] [--drawn 200] [KEY=VALUE ...]
// So many short videos of drawn faces are made once; the clips are copies of them with other bytes at the end, so that no cache knows them.
// KEY=VALUE are overrides of the quickstart, such as encoder=siglip encoder.checkpoint=FOLDER.
import { appendFileSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildContainer } from '../dist/framework/container/build-container.js';
import { buildRunContainer } from '../dist/framework/container/build-run-container.js';
import { parts } from '../dist/framework/container/tokens.js';
import { formatError } from '../dist/framework/faults/index.js';
import { stateFolder } from '../dist/framework/paths.js';
import { blobsOf } from '../dist/framework/pipeline/clip-array.js';
import { EncodeAhead } from '../dist/framework/pipeline/encode-ahead.js';
import { frozenFeatures } from '../dist/framework/pipeline/frozen-features.js';
import { gatherClips } from '../dist/framework/pipeline/gather-clips.js';
import { interruption } from '../dist/framework/pipeline/interruption.js';
import { openBackend } from '../dist/framework/pipeline/open-backend.js';
import { perceive } from '../dist/framework/pipeline/perceive.js';
import { StageCache } from '../dist/framework/pipeline/stage-cache.js';
import { planExperiment } from '../dist/framework/plan/plan-experiment.js';
import { PluginRegistry } from '../dist/framework/plugin/plugin-registry.js';
import { generatedPlugins } from '../dist/framework/plugin/registry.generated.js';
import { createProgress } from '../dist/framework/progress/create-progress.js';
import { keep, machine, megabytes, printMachine, table } from './lib/report.mjs';

const { values, positionals } = parseArgs({
  options: { clips: { type: 'string', default: '5033' }, drawn: { type: 'string', default: '200' }, json: { type: 'string' } },
  allowPositionals: true,
});
const [count, drawn] = [Number(values.clips), Number(values.drawn)];
/** Clips after which memory should not grow any more, and how many a figure is a mean over. */
const settled = Math.min(500, Math.floor(count / 2));
const span = Math.max(1, Math.floor(settled / 5));

const folder = join(stateFolder(), 'bench', `features-${process.pid}`);
const { signal, dispose } = interruption();
const shown = createProgress({ signal });
/** By stage: resident and JavaScript's bytes after every clip, and seconds. */
const curves = {};
const progress = {
  start(label, total) {
    const task = shown.start(label, total);
    const curve = (curves[label] = { rss: [], heap: [], seconds: 0 });
    const started = performance.now();
    return {
      done(done, detail) {
        const { rss, heapUsed } = process.memoryUsage();
        while (curve.rss.length < done) {
          curve.rss.push(rss);
          curve.heap.push(heapUsed);
        }
        task.done(done, detail);
      },
      end() {
        curve.seconds = (performance.now() - started) / 1000;
        task.end();
      },
    };
  },
};

/** A free box at the end of an MP4 file changes its bytes and nothing that is seen. */
function copies(videos) {
  return Array.from({ length: count }, (_, i) => {
    const video = join(folder, 'clips', `${i}.mp4`);
    copyFileSync(videos[i % videos.length], video);
    const box = Buffer.alloc(16);
    box.writeUInt32BE(16, 0);
    box.write('free', 4);
    box.writeUInt32BE(i, 12);
    appendFileSync(video, box);
    return { id: `clip-${i}`, video, split: 'test', instruction: 'What happens?', references: [] };
  });
}

async function main() {
  const overrides = ['sweep.tracker=[facetrack]', `data.train=0`, `data.test=${drawn}`, 'train.frozen=[encoder]', ...positionals];
  const log = { info: () => {}, warn: (text) => shown.print(text) };
  const registry = new PluginRegistry(generatedPlugins);
  const { runs } = await planExperiment('quickstart', overrides, { registry, args: [] });
  const [plan] = runs;
  const backend = await openBackend(plan.settings.tensor, log);
  const root = buildContainer({ registry, log, progress, signal });
  const container = buildRunContainer(root, plan);
  const facts = machine();
  printMachine(facts, {});
  mkdirSync(join(folder, 'clips'), { recursive: true });
  const dataset = await container.getAsync(parts.dataset);
  const videos = (await dataset.clips()).map(({ video }) => video);
  const cache = new StageCache(join(folder, 'cache'), '', 'use');
  const { clips } = await gatherClips({ clips: async () => copies(videos) }, cache);
  const viewer = { plan, detector: () => container.getAsync(parts.detector), tracker: () => container.getAsync(parts.tracker) };

  const pass = async () => {
    const started = performance.now();
    const shared = { cache, backend: backend.name, nonce: '' };
    const ahead = new EncodeAhead([plan], { ...shared, containers: new Map([[plan, container]]), clips: clips.length });
    const onSeen = ahead.seen.bind(ahead);
    const perception = (await perceive([viewer], clips, { ...shared, progress, signal, onSeen })).get(plan);
    const { encoded } = await ahead.end();
    const seen = clips.filter(({ clip }) => perception.clips.has(clip.id));
    const features = await frozenFeatures({ ...shared, plan, container, clips: seen, ahead: encoded });
    if (!features) throw new Error('the encoder is not frozen: nothing was kept');
    const failed = perception.faults.size + features.faults.size;
    const bytes = Object.values(features.arrays).reduce((sum, array) => sum + blobsOf(array).bytes, 0);
    return { seconds: (performance.now() - started) / 1000, failed, bytes, ahead: encoded.clips };
  };
  const first = await pass();
  const stages = { ...curves };
  const again = await pass();

  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const rows = Object.entries(stages)
    .filter(([label, { rss }]) => ['see faces', 'encode'].includes(label) && rss.length >= settled + span)
    .map(([label, { rss, heap, seconds }]) => {
      const [early, late] = [rss.slice(settled, settled + span), rss.slice(-span)].map(mean);
      return {
        stage: label,
        clips: rss.length,
        seconds,
        rate: rss.length / seconds,
        early,
        late,
        most: Math.max(...rss),
        heap: mean(heap.slice(-span)),
      };
    });
  shown.close();
  const cells = rows.map(({ stage, clips, rate, early, late, most, heap }) => [
    stage,
    clips,
    rate.toFixed(1),
    megabytes(early),
    megabytes(late),
    `${((late / early - 1) * 100).toFixed(1)} %`,
    megabytes(most),
    megabytes(heap),
  ]);
  console.log(
    table(['stage', 'clips', 'clips/s', `MB after ${settled}`, 'MB at the end', 'growth', 'MB at most', 'MB of JavaScript'], cells),
  );
  const { name } = plan.plugins.encoder.manifest;
  const kilobytes = (first.bytes / 1e3).toFixed(0);
  console.log(
    `${name}: ${count} clips in ${first.seconds.toFixed(1)} s, ${(count / first.seconds).toFixed(1)} a second, ${kilobytes} kB of tokens each, ` +
      `${first.ahead} encoded while others were seen, ${first.failed} failed; a second time, all from the cache: ${again.seconds.toFixed(1)} s`,
  );
  const points = (list) => list.filter((_, i) => i % 25 === 0).map((bytes) => Math.round(bytes / 1e5) / 10);
  keep(
    'features',
    {
      machine: facts,
      encoder: name,
      overrides,
      rows,
      first,
      again,
      rss: Object.fromEntries(Object.entries(stages).map(([label, { rss }]) => [label, points(rss)])),
    },
    values.json,
  );
  await container.unbindAllAsync();
}

try {
  await main();
} catch (error) {
  console.error(formatError(error));
  process.exitCode = 1;
} finally {
  dispose();
  rmSync(folder, { recursive: true, force: true });
}
