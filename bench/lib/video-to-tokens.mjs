// From videos to kept tokens as a run does it, against the encoder alone on the same pixels.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CompiledExtractor } from 'mienlab/tensor';
import { buildContainer } from '../../dist/framework/container/build-container.js';
import { buildRunContainer } from '../../dist/framework/container/build-run-container.js';
import { parts } from '../../dist/framework/container/tokens.js';
import { stateFolder } from '../../dist/framework/paths.js';
import { EncodeAhead } from '../../dist/framework/pipeline/encode-ahead.js';
import { frozenFeatures } from '../../dist/framework/pipeline/frozen-features.js';
import { gatherClips } from '../../dist/framework/pipeline/gather-clips.js';
import { openBackend } from '../../dist/framework/pipeline/open-backend.js';
import { perceive } from '../../dist/framework/pipeline/perceive.js';
import { StageCache } from '../../dist/framework/pipeline/stage-cache.js';
import { planExperiment } from '../../dist/framework/plan/plan-experiment.js';
import { PluginRegistry } from '../../dist/framework/plugin/plugin-registry.js';
import { generatedPlugins } from '../../dist/framework/plugin/registry.generated.js';

const imagesAtOnce = 8;
const signal = new globalThis.AbortController().signal;
const silent = { start: () => ({ done: () => {}, end: () => {} }) };
const log = { info: () => {}, warn: () => {} };

/**
 * Milliseconds by round: `whole` from video files to tokens on disk (decode, crop, fit, encode; faces were found and followed before), `alone`
 * the encoder on the same frames and crops in memory. Loading the weights, compiling and a first look at black pictures are part of both.
 */
export async function videoToTokens({ family, folder, clips: count, rounds, progress }) {
  const registry = new PluginRegistry(generatedPlugins);
  const root = buildContainer({ registry, log, progress: silent, signal });
  const planned = async (...overrides) =>
    (
      await planExperiment('quickstart', ['sweep={}', 'tracker=facetrack', 'data.train=0', `data.test=${count}`, ...overrides], {
        registry,
        args: [],
      })
    ).runs[0];
  const plan = await planned(`encoder=${family}`, `encoder.path=${folder}`);
  // The same pipeline up to the faces, with small pictures.
  const before = await planned('encoder=tiny-vit');
  const { name: backend } = await openBackend(plan.settings.tensor, log);
  const place = join(stateFolder(), 'bench', `encoders-${process.pid}`);
  mkdirSync(place, { recursive: true });
  const shared = { nonce: '', backend, progress: silent, signal };
  const viewer = (run, container) => ({
    plan: run,
    detector: () => container.getAsync(parts.detector),
    tracker: () => container.getAsync(parts.tracker),
  });

  async function fromVideos(cache, clips) {
    const container = buildRunContainer(root, plan);
    const started = performance.now();
    const ahead = new EncodeAhead([plan], { ...shared, cache, containers: new Map([[plan, container]]), clips: clips.length });
    const onSeen = ahead.seen.bind(ahead);
    const perception = (await perceive([viewer(plan, container)], clips, { ...shared, cache, onSeen })).get(plan);
    const { encoded } = await ahead.end();
    const seen = clips.filter(({ clip }) => perception.clips.has(clip.id));
    await frozenFeatures({ ...shared, cache, plan, container, clips: seen, ahead: encoded });
    const ms = performance.now() - started;
    await container.unbindAllAsync();
    return { ms, perception, seen };
  }

  async function encoderAlone({ frames, faces }, seen) {
    const container = buildRunContainer(root, plan);
    const { count: time } = plan.ports.frames.dims;
    const size = Math.max(1, Math.floor(imagesAtOnce / time));
    const shapes = [plan.ports.frames, plan.ports.faces].map(({ dims }) => [size, time, dims.height, dims.width, 3]);
    const arrays = (bytes) => bytes.map((data, i) => ({ data, shape: shapes[i] }));
    const read = async (part) =>
      Promise.all(
        [frames, faces].map(async (blobs) => {
          const bytes = new Uint8Array(size * blobs.bytes);
          for (let i = 0; i < size; i++) bytes.set(await blobs.read(part[Math.min(i, part.length - 1)].digest), i * blobs.bytes);
          return bytes;
        }),
      );
    const inputs = [];
    for (let first = 0; first < seen.length; first += size) inputs.push(arrays(await read(seen.slice(first, first + size))));
    const started = performance.now();
    const encoder = await container.getAsync(parts.encoder);
    const extractor = new CompiledExtractor(encoder, { log });
    const black = arrays([frames, faces].map(({ bytes }) => new Uint8Array(size * bytes)));
    for (const [ofFrames, ofFaces] of [black, ...inputs]) await extractor.extract({ frames: ofFrames, faces: ofFaces });
    const ms = performance.now() - started;
    extractor.dispose();
    await container.unbindAllAsync();
    return ms;
  }

  const [whole, alone] = [[], []];
  let images = 0;
  try {
    const dataset = await buildRunContainer(root, before).getAsync(parts.dataset);
    for (let round = 0; round < rounds; round++) {
      progress(`${family}, from videos: round ${round + 1} of ${rounds}`);
      const cache = new StageCache(join(place, String(round)), '', 'use');
      const { clips } = await gatherClips(dataset, cache);
      const container = buildRunContainer(root, before);
      await perceive([viewer(before, container)], clips, { ...shared, cache });
      await container.unbindAllAsync();
      const { ms, perception, seen } = await fromVideos(cache, clips);
      whole.push(ms);
      alone.push(await encoderAlone(perception, seen));
      images = 2 * seen.length * plan.ports.frames.dims.count;
      rmSync(join(place, String(round)), { recursive: true, force: true });
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return { clips: count, images, whole, alone, ratios: whole.map((ms, i) => ms / alone[i]) };
}
