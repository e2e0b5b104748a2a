import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Container } from 'inversify';
import { stringify } from 'yaml';
import { services } from '../container/tokens.js';
import type { RunHandle } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { seededRandom } from '../plugin/index.js';
import { clearProgress, saveCheckpoint, trainStages, tune, type Model, type TuneStep } from '../training/index.js';
import { corpusOf } from './clip-samples.js';
import type { FrozenFeatures } from './frozen-features.js';
import { generateCaptions } from './generation/generate-captions.js';
import type { GenerationProcess } from './generation/generation-process.js';
import { makeModel } from './generation/make-model.js';
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
  generation: GenerationProcess;
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
  const { plan, container, features, train, test, cache, handle } = options;
  const { settings } = plan;
  const key = tuneKey(options);
  const folder = cache.folder('tune', key);
  const known = existsSync(join(folder, trainedFile));
  if (known) clearProgress(folder);
  // Where captions are generated has no part in what they say.
  const { process: _, ...generate } = settings.generate;
  const captions = cache.records<string>('generate', cacheKey([key, generate, settings.seed]));
  const missing = test.filter((clip) => captions.get(captionId(clip)) === undefined);
  handle.tag('mienlab.checkpoint', folder);
  handle.tag('mienlab.tuning', known ? 'from the cache' : 'done in this run');

  const texts = train.flatMap(({ clip }) => corpusOf(clip));
  let trained: Trained;
  let model: Model | undefined;
  if (known) {
    trained = JSON.parse(readFileSync(join(folder, trainedFile), 'utf8')) as Trained;
  } else {
    const checkpoint = settings.checkpoint ? resolve(settings.checkpoint) : undefined;
    model = await makeModel(container, { texts, checkpoint, withoutEncoder: features?.withoutEncoder });
    trained = await tuneModel(model, options, folder);
    await saveCheckpoint(folder, model);
    // What it was made with: `mienlab export` reads it.
    writeFileSync(join(folder, configFile), stringify(plan.config));
    // Written last: it says that the checkpoint beside it is whole.
    writeFileSync(join(folder, `.${trainedFile}`), JSON.stringify(trained));
    renameSync(join(folder, `.${trainedFile}`), join(folder, trainedFile));
    clearProgress(folder);
  }
  let generateMs: number | null = null;
  if (missing.length) {
    const started = performance.now();
    const onCaptions = (first: number, captioned: string[]) =>
      captioned.forEach((text, i) => captions.set(captionId(missing[first + i]!), text));
    await generateCaptions({ ...options, clips: missing, texts, checkpoint: folder, model, onCaptions });
    generateMs = (performance.now() - started) / missing.length;
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
