import { setImmediate } from 'node:timers/promises';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import type { InstructionSample, Log, Progress, Random } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { tensorflow } from '../tensor/index.js';
import { AdamW } from './adamw.js';
import { AuxiliaryLoss } from './auxiliary-loss.js';
import { batches } from './batches.js';
import { learningRateFactor } from './learning-rate.js';
import { namedVariables, type Model } from './model.js';
import type { TrainSettings } from './train-settings.js';
import { visualBatch, type VisualSource } from './visual-source.js';

export interface TuneInputs {
  model: Model;
  source: VisualSource;
  samples: readonly InstructionSample[];
  /** For each sample its clip's index in the source: a clip may have several references. */
  rows: readonly number[];
  /** Ids of the source's clips, to name them in faults. */
  clips: readonly string[];
  settings: TrainSettings;
  random: Random;
  log: Log;
  progress: Progress;
  signal: AbortSignal;
  onStep?: (step: TuneStep) => void;
}

export interface TuneStep {
  /** From 1; the steps of the auxiliary loss alone come first. */
  step: number;
  /** Mean cross-entropy of the answers, nats a token; null in the steps before. */
  loss: number | null;
  /** Scaled, without its weight; null without an auxiliary loss. */
  auxiliary: number | null;
  learningRate: number;
  /** Before clipping. */
  gradientNorm: number;
  milliseconds: number;
  /** Tensors alive after the step. */
  tensors: number;
}

export interface TuneResult {
  steps: number;
  seconds: number;
  /** Words that the auxiliary loss predicted; empty without one. */
  auxiliaryWords: readonly string[];
}

/** Tensors more than after the third step that are taken for a leak; constants of new shapes come in now and then. */
const leak = 64;

/**
 * Trains all variables of the model on the samples. Deterministic under the seed of `random` as far as the backend is.
 * Throws Fault TENSOR_NAN with the batch's clips where a loss is not finite, INTERRUPTED when the signal fires, CONFIG_VALUE without samples.
 */
export async function tune(inputs: TuneInputs): Promise<TuneResult> {
  const { model, source, samples, rows, clips, settings, log } = inputs;
  const tf = tensorflow();
  if (!samples.length)
    throw new Fault('DATASET_INVALID', 'there are no training samples', { hint: 'the training split needs clips with captions' });
  const { auxiliary } = settings;
  const steps = settings.steps ?? Math.ceil(((settings.epochs ?? 1) * samples.length) / settings.batch);
  const words = auxiliary.name === 'none' ? null : auxiliaryLoss(inputs);
  const before = words ? auxiliary['steps-before'] : 0;

  const { encoder, projector, head } = model;
  const variables = Object.values(namedVariables({ encoder, projector, head, ...(words && { auxiliary: words }) }));
  const optimizer = new AdamW(variables, settings.optimizer, settings.clip);
  const order = batches(inputs.random.fork('order'), samples.length, settings.batch);
  const task = inputs.progress.start('tune', before + steps);
  const started = performance.now();
  let baseline = 0;
  let breath = started;
  try {
    for (let step = 1; step <= before + steps; step++) {
      if (inputs.signal.aborted) throw new Fault('INTERRUPTED', `interrupted before step ${step} of ${before + steps}`);
      const stepStarted = performance.now();
      const batch = order.next().value;
      const captions = step > before;
      // The steps before keep the full rate after their warm-up; the schedule is the captions'.
      const schedule = captions ? settings.schedule : { ...settings.schedule, name: 'constant' as const };
      const factor = captions ? learningRateFactor(schedule, step - before - 1, steps) : learningRateFactor(schedule, step - 1, before);
      const learningRate = factor * settings.optimizer['learning-rate'];

      const { losses, gradients } = differentiate(variables, () => {
        const embeddings = projector.project(encoder.encode(visualBatch(source, pick(rows, batch))));
        const caption = captions ? head.loss(pick(samples, batch), embeddings.sequence) : null;
        const helping = words ? (tf.mul(words.loss(batch, embeddings.steps), auxiliary.scale) as Scalar) : null;
        return { caption, helping, weight: captions ? auxiliary.weight : 1 };
      });
      const [caption, helping] = await Promise.all([read(losses.caption), read(losses.helping)]);
      const gradientNorm = await AdamW.norm(gradients);
      if (![caption ?? 0, helping ?? 0, gradientNorm].every(Number.isFinite)) {
        tf.dispose(gradients.filter((gradient) => gradient !== null));
        throw notFinite(step, pick(clips, pick(rows, batch)), { caption, helping, gradientNorm });
      }
      optimizer.apply(gradients, gradientNorm, learningRate);
      tf.dispose(gradients.filter((gradient) => gradient !== null));

      const { numTensors } = tf.memory();
      if (step === 3 || step === before + 3) baseline = numTensors;
      else if (baseline && numTensors > baseline + leak) {
        log.warn(`tensors leak: ${numTensors} alive after step ${step}, ${baseline} before; a plugin does not free what it makes`);
        baseline = Infinity;
      }
      const now = performance.now();
      inputs.onStep?.({
        step,
        loss: caption,
        auxiliary: helping,
        learningRate,
        gradientNorm,
        milliseconds: now - stepStarted,
        tensors: numTensors,
      });
      task.done(step, caption === null ? `auxiliary loss ${helping?.toFixed(3)}` : `loss ${caption.toFixed(3)}`);
      if (now - breath > 50) {
        // Timers, signals and log writers get their turn.
        await setImmediate();
        breath = performance.now();
      }
    }
    return { steps: before + steps, seconds: (performance.now() - started) / 1000, auxiliaryWords: words?.words ?? [] };
  } finally {
    task.end();
    optimizer.dispose();
    words?.dispose();
  }
}

function auxiliaryLoss({ samples, settings, random, log, model, source }: TuneInputs): AuxiliaryLoss | null {
  const tf = tensorflow();
  // The width of the vectors is known when one has been made.
  const hidden = tf.tidy(() => model.projector.project(model.encoder.encode(visualBatch(source, [0]))).steps.shape[2]);
  const captions = samples.map((sample) => sample.answer);
  const loss = AuxiliaryLoss.of(captions, { random: random.fork('auxiliary'), hidden, maxShare: settings.auxiliary['max-share'] });
  if (!loss) log.warn('no caption tells of the beginning, the middle and the end of its clip: training goes on without the auxiliary loss');
  return loss;
}

interface Losses {
  caption: Scalar | null;
  helping: Scalar | null;
}

/** Losses (kept) and the gradients of their weighted sum for each variable, null where it has none; the caller frees both. */
function differentiate(
  variables: Variable[],
  forward: () => Losses & { weight: number },
): { losses: Losses; gradients: (Tensor | null)[] } {
  const tf = tensorflow();
  let losses: Losses = { caption: null, helping: null };
  const { value, grads } = tf.variableGrads(() => {
    const { caption, helping, weight } = forward();
    losses = { caption: caption && tf.keep(caption), helping: helping && tf.keep(helping) };
    const weighted = helping && (weight === 1 ? helping : tf.mul(helping, weight));
    const total = caption && weighted ? tf.add(caption, weighted) : (caption ?? weighted);
    return tf.mul(total!, 1) as Scalar;
  }, variables);
  value.dispose();
  return { losses, gradients: variables.map((variable) => grads[variable.name] ?? null) };
}

/** The value of a scalar, which is freed. */
async function read(scalar: Scalar | null): Promise<number | null> {
  if (!scalar) return null;
  const [value] = await scalar.data();
  scalar.dispose();
  return value!;
}

function pick<Item>(items: readonly Item[], indices: readonly number[]): Item[] {
  return indices.map((index) => items[index]!);
}

function notFinite(step: number, clips: readonly string[], values: Record<string, number | null>): Fault {
  const shown = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return new Fault('TENSOR_NAN', `the loss is not finite at step ${step} (${shown.join(', ')}); the batch was ${clips.join(', ')}`, {
    clip: clips[0],
    known: clips,
    hint: 'lower train.optimizer.learning-rate, or look at these clips and their captions',
  });
}
