import { statfs } from 'node:fs/promises';
import type { Container } from 'inversify';
import { resolve } from 'node:path';
import { parts, services } from '../container/tokens.js';
import { drewNumbers } from '../container/watch-draws.js';
import type { Settings } from '../config/settings-schema.js';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { CompiledExtractor } from '../tensor/index.js';
import { loadEncoder, trains, trainStages } from '../training/index.js';
import type { BlobStore } from './blob-store.js';
import { blobsOf, pixelShape, type ClipArray } from './clip-array.js';
import { FeatureStream, type TokenShapes } from './feature-stream.js';
import type { DigestedClip, Perception } from './perceive.js';
import { perceptionKeys, pluginKey } from './perception-keys.js';
import { cacheKey, type StageCache } from './stage-cache.js';
import { weightsIdentity } from './weights-identity.js';

/** What a frozen encoder made of a run's clips, kept in the stage cache: nothing need run it again. */
export interface FrozenFeatures {
  /** Of all that settles them. */
  key: string;
  arrays: Readonly<Record<string, ClipArray>>;
  /** Clips that gave no tokens, by id. */
  faults: ReadonlyMap<string, Fault>;
  /** Wall milliseconds a clip; null where a cache answered for some. */
  ms: number | null;
  /** The encoder has no variables and was disposed of: `absentEncoder` stands for it in the model. */
  withoutEncoder: boolean;
}

interface FeatureOptions {
  plan: RunPlan;
  container: Container;
  perception: Perception;
  clips: readonly DigestedClip[];
  cache: StageCache;
  /** Name of the tensor backend: numbers differ between backends. */
  backend: string;
  nonce: string;
}

/** What can be known of an encoder only by making it. */
interface EncoderFacts {
  variables: readonly string[];
  /** Whether the seed has a part in its weights. */
  seeded: boolean;
  /** Whether it computes outside the tensor library: then no training step can run it. */
  extracts: boolean;
}

/**
 * The tokens of these clips where the run's encoder is frozen: by its config, or because no stage of the training trains a variable of it;
 * else null. What the cache lacks is made, a few clips at a time. Null too where `encode.keep` is none, or the disk has no room for them.
 * Throws Fault INTERRUPTED when the signal fires; what was made until then is kept.
 */
export async function frozenFeatures(options: FeatureOptions): Promise<FrozenFeatures | null> {
  const { plan, container, perception, clips, cache, backend, nonce } = options;
  const { settings, plugins, ports } = plan;
  const { keep } = settings.encode;
  const { manifest, config } = plugins.encoder;
  const log = container.get(services.log);
  const { frames, faces } = perceptionKeys(plan, nonce);
  const weights = [weightsIdentity(config), settings.checkpoint && weightsIdentity(settings.checkpoint)];
  const made = ['encoder', backend, pluginKey(plugins.encoder, nonce), weights, ports.frames.dims, ports.faces?.dims ?? null];

  const known = cache.records<EncoderFacts>('encoder', 'facts');
  let facts = known.get(cacheKey(made));
  if (!facts) {
    const encoder = await container.getAsync(parts.encoder);
    facts = { variables: Object.keys(encoder.variables), seeded: drewNumbers(encoder), extracts: encoder.extract !== undefined };
    known.set(cacheKey(made), facts);
  }
  if (!manifest.frozen?.(config) && isTrained(facts.variables, settings.train)) return null;
  if (keep === 'none') {
    if (!facts.extracts) return null;
    throw new Fault('CONFIG_VALUE', `encoder ${manifest.name} cannot run in a training step: its tokens must be kept`, {
      key: 'encode.keep',
      known: ['float32', 'float16'],
    });
  }

  const key = cacheKey([made, facts.seeded ? settings.seed : null, frames, faces, keep]);
  const records = cache.records<TokenShapes>('tokens', key);
  const makeExtractor = async () => {
    const encoder = await container.getAsync(parts.encoder);
    if (settings.checkpoint && facts.variables.length) loadEncoder(resolve(settings.checkpoint), encoder);
    return new CompiledExtractor(encoder, { log });
  };
  const stream = new FeatureStream({
    pixels: [perception.frames, ...(perception.faces ? [perception.faces] : [])],
    shapes: [ports.frames, ...(ports.faces ? [ports.faces] : [])].map(pixelShape),
    makeExtractor,
    onError: settings.data['on-error'],
    progress: container.get(services.progress),
    signal: container.get(services.signal),
  });

  try {
    const shapes = records.get('shapes') ?? (await stream.shapes());
    checkShapes(shapes, plan);
    if (!records.has('shapes')) records.set('shapes', shapes);
    const array = (stage: string, shape: readonly number[]): ClipArray => ({ folder: cache.folder(stage, key), shape, type: keep });
    const tokens = [array('frame-tokens', shapes.frames), ...(shapes.faces ? [array('face-tokens', shapes.faces)] : [])];
    const stores = tokens.map(blobsOf);
    const missing = [...new Map(clips.map((clip) => [clip.digest, clip])).values()].filter(({ digest }) =>
      stores.some((blobs) => !blobs.has(digest)),
    );
    const noRoom = await lackOfRoom(missing.length, stores);
    if (noRoom !== null) {
      const hint = 'encode.keep: float16 halves them; MIENLAB_HOME names a folder elsewhere';
      if (facts.extracts) throw new Fault('RUN_FAILED', noRoom, { key: 'encode.keep', hint });
      log.warn(`${noRoom}: it runs in every step instead (${hint})`);
      return null;
    }
    const { faults, ms } = await stream.run(missing, tokens);
    return {
      key,
      arrays: { 'frame-tokens': tokens[0]!, ...(tokens[1] && { 'face-tokens': tokens[1] }) },
      faults: new Map(clips.flatMap(({ clip, digest }) => (faults.has(digest) ? [[clip.id, faults.get(digest)!]] : []))),
      ms: missing.length === clips.length ? ms : null,
      withoutEncoder: !facts.variables.length,
    };
  } finally {
    await stream.dispose();
    if (!facts.variables.length) await container.unbindAsync(parts.encoder);
  }
}

/** Null where the disk has room for the tokens of so many clips, else why not. */
async function lackOfRoom(clips: number, stores: readonly BlobStore[]): Promise<string | null> {
  const wanted = clips * stores.reduce((sum, { bytes }) => sum + bytes, 0);
  const { bavail, bsize } = await statfs(stores[0]!.folder);
  const free = bavail * bsize;
  if (wanted <= 0.95 * free) return null;
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return `the encoder's tokens of ${clips} clips take ${gigabytes(wanted)}, and ${gigabytes(free)} are free`;
}

function isTrained(variables: readonly string[], train: Settings['train']): boolean {
  const stages = trainStages(train);
  if (!stages.some(({ steps, epochs }) => steps || epochs)) return false;
  return stages.some((stage) => variables.some((name) => trains(stage, `encoder/${name}`)));
}

/** Throws Fault TENSOR_SHAPE where the tokens are others than the plan says. */
function checkShapes(shapes: TokenShapes, { plugins, ports }: RunPlan): void {
  const { time, 'frame-tokens': ofFrame, 'face-tokens': ofFace, width } = ports.tokens.dims;
  for (const [name, found, expected] of [
    ['frames', shapes.frames, [time, ofFrame, width]],
    ['faces', shapes.faces, [time, ofFace, width]],
  ] as const) {
    if (!found || expected.every((size, i) => (size ?? found[i]) === found[i])) continue;
    throw new Fault('TENSOR_SHAPE', `encoder ${plugins.encoder.manifest.name}: its tokens of ${name} are [${found.join(', ')}] a clip`, {
      expected: `[${expected.map((size) => size ?? '?').join(', ')}] [time, token, width], as it produces by its manifest`,
    });
  }
}
