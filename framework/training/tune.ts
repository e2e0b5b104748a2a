import { setImmediate } from 'node:timers/promises';
import type { Scalar, Tensor } from '@tensorflow/tfjs';
import type { HostBatch, InstructionSample, Log, Progress, Random } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { tensorflow, tidy, toTensors } from '../tensor/index.js';
import { AuxiliaryLoss } from './auxiliary-loss.js';
import { batches } from './batches.js';
import { chooseEngine } from './choose-engine.js';
import { learningRateFactor } from './learning-rate.js';
import { namedVariables, type Model } from './model.js';
import type { Forward } from './step-engine.js';
import type { TrainSettings } from './train-settings.js';
import { visualBatch, visualInput, type VisualSource } from './visual-source.js';

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
  const { auxiliary: auxiliarySettings } = settings;
  const steps = settings.steps ?? Math.ceil(((settings.epochs ?? 1) * samples.length) / settings.batch);
  const sizes = embeddingSizes(inputs);
  const words = auxiliarySettings.name === 'none' ? null : auxiliaryLoss(inputs, sizes.hidden);
  const before = words ? auxiliarySettings['steps-before'] : 0;

  const { encoder, projector, head } = model;
  const variables = Object.values(namedVariables({ encoder, projector, head, ...(words && { auxiliary: words }) }));
  const engine = chooseEngine({ variables, forward: forwardOf(model, words, auxiliarySettings) }, settings, log);
  const order = batches(inputs.random.fork('order'), samples.length, settings.batch);
  const task = inputs.progress.start('tune', before + steps);
  const started = performance.now();
  let baseline = 0;
  let breath = started;
  try {
    for (let step = 1; step <= before + steps; step++) {
      if (inputs.signal.aborted) {
        await engine.sync();
        throw new Fault('INTERRUPTED', `interrupted before step ${step} of ${before + steps}`);
      }
      const stepStarted = performance.now();
      const batch = order.next().value;
      const captions = step > before;
      // The steps before keep the full rate after their warm-up; the schedule is the captions'.
      const schedule = captions ? settings.schedule : { ...settings.schedule, name: 'constant' as const };
      const factor = captions ? learningRateFactor(schedule, step - before - 1, steps) : learningRateFactor(schedule, step - 1, before);
      const learningRate = factor * settings.optimizer['learning-rate'];

      const { visual, time } = sizes;
      const { caption, auxiliary, gradientNorm } = await engine.step(
        captions ? 'captions' : 'before',
        {
          ...visualBatch(source, pick(rows, batch)),
          ...(captions && prefixed('text', head.prepare(pick(samples, batch), visual))),
          ...(words && prefixed('auxiliary', words.prepare(batch, time))),
        },
        learningRate,
      );
      if (![caption ?? 0, auxiliary ?? 0, gradientNorm].every(Number.isFinite)) {
        throw notFinite(step, pick(clips, pick(rows, batch)), { caption, auxiliary, gradientNorm });
      }

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
        auxiliary,
        learningRate,
        gradientNorm,
        milliseconds: now - stepStarted,
        tensors: numTensors,
      });
      task.done(step, caption === null ? `auxiliary loss ${auxiliary?.toFixed(3)}` : `loss ${caption.toFixed(3)}`);
      if (now - breath > 50) {
        // Timers, signals and log writers get their turn.
        await setImmediate();
        breath = performance.now();
      }
    }
    await engine.sync();
    return { steps: before + steps, seconds: (performance.now() - started) / 1000, auxiliaryWords: words?.words ?? [] };
  } finally {
    task.end();
    engine.dispose();
    words?.dispose();
  }
}

/** Visual embeddings a clip, time steps, and the width of a vector: known when some have been made. */
function embeddingSizes({ model, source }: TuneInputs): { visual: number; time: number; hidden: number } {
  return tidy(() => {
    const { sequence, steps } = model.projector.project(model.encoder.encode(visualInput(toTensors(visualBatch(source, [0])))));
    return { visual: sequence.shape[1], time: steps.shape[1], hidden: steps.shape[2] };
  });
}

function auxiliaryLoss({ samples, settings, random, log }: TuneInputs, hidden: number): AuxiliaryLoss | null {
  const captions = samples.map((sample) => sample.answer);
  const loss = AuxiliaryLoss.of(captions, { random: random.fork('auxiliary'), hidden, maxShare: settings.auxiliary['max-share'] });
  if (!loss) log.warn('no caption tells of the beginning, the middle and the end of its clip: training goes on without the auxiliary loss');
  return loss;
}

/** Arrays of several origins in one batch: `text/ids`. */
function prefixed(prefix: string, batch: HostBatch): HostBatch {
  return Object.fromEntries(Object.entries(batch).map(([name, array]) => [`${prefix}/${name}`, array]));
}

function unprefixed(prefix: string, batch: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const start = `${prefix}/`;
  return Object.fromEntries(
    Object.entries(batch).flatMap(([name, tensor]) => (name.startsWith(start) ? [[name.slice(start.length), tensor]] : [])),
  );
}

/** The whole model as a function of a batch's tensors. */
function forwardOf(
  { encoder, projector, head }: Model,
  words: AuxiliaryLoss | null,
  { scale, weight }: TrainSettings['auxiliary'],
): Forward {
  return (kind, batch) => {
    const tf = tensorflow();
    const embeddings = projector.project(encoder.encode(visualInput(batch)));
    const caption = kind === 'captions' ? head.loss(unprefixed('text', batch), embeddings.sequence) : null;
    const auxiliary = words && (tf.mul(words.loss(unprefixed('auxiliary', batch), embeddings.steps), scale) as Scalar);
    const weighted = auxiliary && caption && weight !== 1 ? (tf.mul(auxiliary, weight) as Scalar) : auxiliary;
    const total = caption && weighted ? (tf.add(caption, weighted) as Scalar) : (caption ?? weighted);
    return { caption, auxiliary, total: total! };
  };
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
