import { resolve } from 'node:path';
import type { Container } from 'inversify';
import type { Settings } from '../config/settings-schema.js';
import { parts, services } from '../container/tokens.js';
import { drewNumbers } from '../container/watch-draws.js';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { CompiledExtractor } from '../tensor/index.js';
import { loadEncoder, trains, trainStages } from '../training/index.js';
import { pixelShape, type ClipArray } from './clip-array.js';
import { FeatureStream, type TokenShapes } from './feature-stream.js';
import { perceptionKeys, pluginKey } from './perception-keys.js';
import { pixelBlobs } from './pixel-blobs.js';
import { cacheKey, type StageCache } from './stage-cache.js';
import { weightsIdentity } from './weights-identity.js';

export interface EncoderOptions {
  plan: RunPlan;
  container: Container;
  cache: StageCache;
  /** Name of the tensor backend: numbers differ between backends. */
  backend: string;
  nonce: string;
}

/** Where a frozen encoder's tokens are kept, and the way there. */
export interface OpenFeatures {
  key: string;
  facts: EncoderFacts;
  /** Of frames, and of faces in a run with faces. */
  tokens: readonly ClipArray[];
  stream: FeatureStream;
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
 * Null where the run's encoder is not frozen, by its config or because no stage of the training trains a variable of it, or where
 * `encode.keep` is none. Whoever opens them disposes of the stream. Throws Fault TENSOR_SHAPE where the tokens are others than the plan says.
 */
export async function openFeatures(options: EncoderOptions): Promise<OpenFeatures | null> {
  const { plan, container, cache, backend, nonce } = options;
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
  const pixels = pixelBlobs(plan, cache, nonce);
  const stream = new FeatureStream({
    pixels: [pixels.frames, ...(pixels.faces ? [pixels.faces] : [])],
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
    return { key, facts, tokens, stream };
  } catch (error) {
    await stream.dispose();
    throw error;
  }
}

function isTrained(variables: readonly string[], train: Settings['train']): boolean {
  const stages = trainStages(train);
  if (!stages.some(({ steps, epochs }) => steps || epochs)) return false;
  return stages.some((stage) => variables.some((name) => trains(stage, `encoder/${name}`)));
}

/** Throws Fault TENSOR_SHAPE where the tokens are others than the plan says. */
function checkShapes(shapes: TokenShapes, { plugins, ports }: RunPlan): void {
  const { time, 'frame-tokens': ofFrame, 'face-tokens': ofFace, width, 'face-time': faceTime, 'face-width': faceWidth } = ports.tokens.dims;
  for (const [name, found, expected] of [
    ['frames', shapes.frames, [time, ofFrame, width]],
    ['faces', shapes.faces, [faceTime ?? time, ofFace, faceWidth ?? width]],
  ] as const) {
    if (!found || expected.every((size, i) => (size ?? found[i]) === found[i])) continue;
    throw new Fault('TENSOR_SHAPE', `encoder ${plugins.encoder.manifest.name}: its tokens of ${name} are [${found.join(', ')}] a clip`, {
      expected: `[${expected.map((size) => size ?? '?').join(', ')}] [time, token, width], as it produces by its manifest`,
    });
  }
}
