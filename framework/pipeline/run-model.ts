import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Container } from 'inversify';
import { parts, services } from '../container/tokens.js';
import type { InstructionSample, RunHandle } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { seededRandom } from '../plugin/index.js';
import { generateAll, loadCheckpoint, readCheckpointState, saveCheckpoint, tune, type Model, type TuneStep } from '../training/index.js';
import type { DigestedClip, Perception } from './perceive.js';
import { perceptionKeys, pluginKey } from './perception-keys.js';
import { cacheKey, type StageCache } from './stage-cache.js';
import { visualSource } from './visual-source.js';

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
  /** Folder of the checkpoint. */
  checkpoint: string;
}

interface ModelRunOptions {
  plan: RunPlan;
  container: Container;
  perception: Perception;
  train: readonly DigestedClip[];
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

/** Curves are for eyes: a point in so many steps is enough for the run log, all of them go into the report. */
const logEvery = 5;

/** One question about one video. */
function captionId({ clip, digest }: DigestedClip): string {
  return cacheKey([digest, clip.instruction]);
}

/** An instruction sample for every reference of every clip, and the clip's index for each. */
function samplesOf(clips: readonly DigestedClip[]): { samples: InstructionSample[]; rows: number[] } {
  const rows = clips.flatMap(({ clip }, row) => clip.references.map(() => row));
  const samples = clips.flatMap(({ clip: { id, instruction, references } }) =>
    references.map((answer) => ({ instruction, answer, clip: id })),
  );
  return { samples, rows };
}

/** What settles the weights after tuning. */
function tuneKey({ plan, train, backend, nonce }: ModelRunOptions): string {
  const { plugins, settings } = plan;
  const { frames, faces } = perceptionKeys(plan, nonce);
  return cacheKey([
    'tune',
    backend,
    [plugins.encoder, plugins.projector, plugins['llm-head']].map((chosen) =>
      pluginKey<'encoder' | 'projector' | 'llm-head'>(chosen, nonce),
    ),
    [settings.train, settings.seed, settings.checkpoint, frames, faces],
    train.map(({ digest, clip }) => [digest, clip.references, clip.instruction]),
  ]);
}

async function tuneModel(model: Model, options: ModelRunOptions): Promise<Trained> {
  const { plan, container, perception, train, handle } = options;
  const { settings } = plan;
  const log = container.get(services.log);
  const curves: Curves = {};
  const point = (name: string, step: number, value: number | null) => {
    if (value === null) return;
    (curves[name] ??= []).push([step, value]);
    if (step % logEvery === 0) handle.metric(`train/${name.replace(' ', '-')}`, value, step);
  };
  const onStep = (step: TuneStep) => {
    point('train loss', step.step, step.loss);
    point('auxiliary loss', step.step, step.auxiliary);
    point('learning rate', step.step, step.learningRate);
    point('gradient norm', step.step, step.gradientNorm);
    if (step.step % 50 === 0) handle.metrics({ 'train/step-ms': step.milliseconds, 'train/tensors': step.tensors }, step.step);
  };
  const wanted = settings.train.steps || settings.train.epochs;
  if (!wanted || !train.length) {
    if (wanted) log.warn('no training clip has a caption: the model stays as it was initialised, and its captions say nothing');
    return { curves, auxiliaryWords: [] };
  }
  const { auxiliaryWords } = await tune({
    model,
    source: visualSource(plan, perception, train),
    ...samplesOf(train),
    clips: train.map(({ clip }) => clip.id),
    settings: { ...settings.train, steps: settings.train.steps || undefined },
    random: seededRandom(settings.seed).fork('training'),
    log,
    progress: container.get(services.progress),
    signal: container.get(services.signal),
    onStep,
  });
  return { curves, auxiliaryWords };
}

/** Tunes the run's model, or takes its checkpoint from the cache, and captions the test clips. */
export async function runModel(options: ModelRunOptions): Promise<ModelRun> {
  const { plan, container, perception, train, test, cache, handle } = options;
  const { settings } = plan;
  const key = tuneKey(options);
  const folder = cache.folder('tune', key);
  const known = existsSync(join(folder, trainedFile));
  const captions = cache.records<string>('generate', cacheKey([key, settings.generate, settings.seed]));
  const missing = test.filter((clip) => captions.get(captionId(clip)) === undefined);
  handle.tag('mienlab.tuning', known ? 'from the cache' : 'done in this run');

  let trained: Trained;
  let generateMs: number | null = null;
  if (known && !missing.length) {
    trained = JSON.parse(readFileSync(join(folder, trainedFile), 'utf8')) as Trained;
  } else {
    const from = known ? folder : settings.checkpoint && resolve(settings.checkpoint);
    const state = from ? readCheckpointState(from) : undefined;
    container.bind(parts.corpus).toConstantValue({ texts: train.flatMap(({ clip }) => [clip.instruction, ...clip.references]), state });
    const model: Model = {
      encoder: await container.getAsync(parts.encoder),
      projector: await container.getAsync(parts.projector),
      head: await container.getAsync(parts.head),
    };
    if (from) loadCheckpoint(from, model);
    if (known) {
      trained = JSON.parse(readFileSync(join(folder, trainedFile), 'utf8')) as Trained;
    } else {
      trained = await tuneModel(model, options);
      await saveCheckpoint(folder, model);
      // Written last: it says that the checkpoint beside it is whole.
      writeFileSync(join(folder, `.${trainedFile}`), JSON.stringify(trained));
      renameSync(join(folder, `.${trainedFile}`), join(folder, trainedFile));
    }
    const started = performance.now();
    const { generate } = settings;
    const texts = await generateAll(
      model,
      visualSource(plan, perception, missing),
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
      for (const [step, value] of points) if (step % logEvery === 0) handle.metric(`train/${name.replace(' ', '-')}`, value, step);
    }
  }
  const predictions = test.map((clip) => {
    const caption = captions.get(captionId(clip));
    if (caption === undefined) throw new Fault('PLUGIN_FAILED', 'the LLM head gave no caption', { clip: clip.clip.id });
    return caption;
  });
  return { predictions, ...trained, generateMs, checkpoint: folder };
}
