import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Container } from 'inversify';
import { stringify } from 'yaml';
import { parts, services } from '../container/tokens.js';
import type { RunHandle } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { seededRandom } from '../plugin/index.js';
import {
  clearProgress,
  generateAll,
  loadCheckpoint,
  readCheckpointState,
  saveCheckpoint,
  trainStages,
  tune,
  type Model,
  type TuneStep,
} from '../training/index.js';
import { absentEncoder } from './absent-encoder.js';
import { corpusOf } from './clip-samples.js';
import type { FrozenFeatures } from './frozen-features.js';
import type { DigestedClip, Perception } from './perceive.js';
import { perceptionKeys, pluginKey } from './perception-keys.js';
import { cacheKey, type StageCache } from './stage-cache.js';
import { evaluatesFrom, trainingSamples, usableSamples } from './training-samples.js';
import { visualSource } from './visual-source.js';
import { weightsIdentity } from './weights-identity.js';

/** Curves by name: [step, value]. */
type Curves = Record<string, [number, number][]>;

export interface ModelRun {
  /** In the order of the test clips. */
  predictions: readonly string[];
  curves: Curves;
  /** Words that the auxiliary loss predicted; empty without one. */
  auxiliaryWords: readonly string[];
  /** Wall milliseconds a clip of generating; null where a cache answered. */
  generateMs: number | null;
}

interface ModelRunOptions {
  plan: RunPlan;
  container: Container;
  perception: Perception;
  features: FrozenFeatures | null;
  train: readonly DigestedClip[];
  /** Looked at only where the training is evaluated on them. */
  validation: readonly DigestedClip[];
  test: readonly DigestedClip[];
  cache: StageCache;
  handle: RunHandle;
  /** Name of the tensor backend: numbers differ between backends. */
  backend: string;
  nonce: string;
}

interface Trained {
  curves: Curves;
  auxiliaryWords: readonly string[];
}

const trainedFile = 'trained.json';
const configFile = 'config.yaml';

/** Curves are for eyes: a point in so many steps is enough for the run log, all of them go into the report. */
const logEvery = 5;

/** One question about one video. */
function captionId({ clip, digest }: DigestedClip): string {
  return cacheKey([digest, clip.instruction]);
}

/** What settles the weights after tuning. */
function tuneKey({ plan, features, train, validation, backend, nonce }: ModelRunOptions): string {
  const { plugins, settings } = plan;
  // How often a training is kept has no part in what it comes to.
  const { 'checkpoint-every': _, ...training } = settings.train;
  const { frames, faces } = perceptionKeys(plan, nonce);
  return cacheKey([
    'tune',
    backend,
    [plugins.encoder, plugins.projector, plugins['llm-head']].map((chosen) => [
      pluginKey<'encoder' | 'projector' | 'llm-head'>(chosen, nonce),
      weightsIdentity(chosen.config),
    ]),
    [training, settings.seed, settings.checkpoint, weightsIdentity(settings.checkpoint), features?.key ?? null, frames, faces],
    [train, evaluatesFrom(settings.train) === 'validation' ? validation : []].map((clips) =>
      clips.map(({ digest, clip }) => [digest, clip.references, clip.instruction, ...(clip.conversations ? [clip.conversations] : [])]),
    ),
  ]);
}

/** Points of a curve in the run log have the curve's name. */
const metricName = (curve: string) => `train/${curve.replaceAll(' ', '-')}`;

/** Held-out losses are few: all of them go into the run log. */
const heldOutCurve = 'held-out loss';
const isLogged = (curve: string, step: number) => curve === heldOutCurve || step % logEvery === 0;

async function tuneModel(model: Model, options: ModelRunOptions, folder: string): Promise<Trained> {
  const { plan, container, perception, features, train, handle } = options;
  const { settings } = plan;
  const log = container.get(services.log);
  const curves: Curves = {};
  const point = (name: string, step: number, value: number | null) => {
    if (value === null) return;
    (curves[name] ??= []).push([step, value]);
    if (isLogged(name, step)) handle.metric(metricName(name), value, step);
  };
  const onStep = (step: TuneStep) => {
    point('train loss', step.step, step.loss);
    point('auxiliary loss', step.step, step.auxiliary);
    point('learning rate', step.step, step.learningRate);
    point('gradient norm', step.step, step.gradientNorm);
    if (step.rss === null) return;
    const { milliseconds, tensors, rss } = step;
    handle.metrics({ 'train/step-ms': milliseconds, 'train/tensors': tensors, 'train/rss-mb': rss / 2 ** 20 }, step.step);
  };
  const wanted = trainStages(settings.train).some(({ steps, epochs }) => steps || epochs);
  if (!wanted || !train.length) {
    if (wanted) log.warn('no training clip has a caption: the model stays as it was initialised, and its captions say nothing');
    return { curves, auxiliaryWords: [] };
  }
  const { clips, ...samples } = await usableSamples(trainingSamples(options, settings, log), model.head, {
    visual: plan.ports.embeddings.dims['tokens'] ?? 0,
    onError: settings.data['on-error'],
    log,
    progress: container.get(services.progress),
    signal: container.get(services.signal),
  });
  const { auxiliaryWords } = await tune({
    model,
    source: visualSource(plan, perception, features, clips),
    ...samples,
    clips: clips.map(({ clip }) => clip.id),
    settings: settings.train,
    folder,
    random: seededRandom(settings.seed).fork('training'),
    log,
    progress: container.get(services.progress),
    signal: container.get(services.signal),
    onStep,
    onEvaluation: ({ step, loss }) => point(heldOutCurve, step, loss),
  });
  return { curves, auxiliaryWords };
}

/** Tunes the run's model, or takes its checkpoint from the cache, and captions the test clips. */
export async function runModel(options: ModelRunOptions): Promise<ModelRun> {
  const { plan, container, perception, features, train, test, cache, handle } = options;
  const { settings } = plan;
  const key = tuneKey(options);
  const folder = cache.folder('tune', key);
  const known = existsSync(join(folder, trainedFile));
  if (known) clearProgress(folder);
  const captions = cache.records<string>('generate', cacheKey([key, settings.generate, settings.seed]));
  const missing = test.filter((clip) => captions.get(captionId(clip)) === undefined);
  handle.tag('mienlab.checkpoint', folder);
  handle.tag('mienlab.tuning', known ? 'from the cache' : 'done in this run');

  let trained: Trained;
  let generateMs: number | null = null;
  if (known && !missing.length) {
    trained = JSON.parse(readFileSync(join(folder, trainedFile), 'utf8')) as Trained;
  } else {
    const from = known ? folder : settings.checkpoint && resolve(settings.checkpoint);
    const state = from ? readCheckpointState(from) : undefined;
    container.bind(parts.corpus).toConstantValue({ texts: train.flatMap(({ clip }) => corpusOf(clip)), state });
    const model: Model = {
      encoder: features?.withoutEncoder ? absentEncoder : await container.getAsync(parts.encoder),
      projector: await container.getAsync(parts.projector),
      head: await container.getAsync(parts.head),
    };
    if (from) loadCheckpoint(from, model);
    if (known) {
      trained = JSON.parse(readFileSync(join(folder, trainedFile), 'utf8')) as Trained;
    } else {
      trained = await tuneModel(model, options, folder);
      await saveCheckpoint(folder, model);
      // What it was made with: `mienlab export` reads it.
      writeFileSync(join(folder, configFile), stringify(plan.config));
      // Written last: it says that the checkpoint beside it is whole.
      writeFileSync(join(folder, `.${trainedFile}`), JSON.stringify(trained));
      renameSync(join(folder, `.${trainedFile}`), join(folder, trainedFile));
      clearProgress(folder);
    }
    const started = performance.now();
    const { generate } = settings;
    const texts = await generateAll(
      model,
      visualSource(plan, perception, features, missing),
      missing.map(({ clip }) => ({ instruction: clip.instruction, answer: '', clip: clip.id })),
      {
        maxNewTokens: generate['max-new-tokens'],
        temperature: generate.temperature,
        topK: generate['top-k'],
        topP: generate['top-p'],
        repetitionPenalty: generate['repetition-penalty'],
        beams: generate.beams,
        lengthPenalty: generate['length-penalty'],
        stop: generate.stop,
        batch: generate.batch,
        seed: settings.seed,
      },
      container.get(services.progress),
      container.get(services.signal),
    );
    missing.forEach((clip, index) => captions.set(captionId(clip), texts[index]!));
    if (missing.length) generateMs = (performance.now() - started) / missing.length;
  }
  if (known) {
    for (const [name, points] of Object.entries(trained.curves)) {
      for (const [step, value] of points) if (isLogged(name, step)) handle.metric(metricName(name), value, step);
    }
  }
  const predictions = test.map((clip) => {
    const caption = captions.get(captionId(clip));
    if (caption === undefined) throw new Fault('PLUGIN_FAILED', 'the LLM head gave no caption', { clip: clip.clip.id });
    return caption;
  });
  return { predictions, ...trained, generateMs };
}
