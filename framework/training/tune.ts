import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Log, Progress, Random } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { tensorflow, tidy, toTensors } from '../tensor/index.js';
import { AuxiliaryLoss } from './auxiliary-loss.js';
import { BestCheckpoints } from './best-checkpoints.js';
import { noEvaluations, type Evaluation } from './evaluation-record.js';
import { MemoryWatch } from './memory-watch.js';
import { modelVariables, namedVariables, type Model } from './model.js';
import { sampleWeight, stagePlans, totalSteps, trainedNames } from './stage-plan.js';
import type { TrainingData } from './step-batches.js';
import { storedValues } from './stored-state.js';
import { trainStages, type TrainStage } from './train-stages.js';
import type { TrainSettings } from './train-settings.js';
import { TrainingCheckpoints, type TrainingState } from './training-checkpoints.js';
import { tuneStage, type Training } from './tune-stage.js';
import type { TuneStep } from './tune-step.js';
import { visualTokens } from './visual-source.js';

const stepsFolder = 'steps';

export interface TuneInputs extends TrainingData {
  model: Model;
  /** Samples that are evaluated on and not trained on; a clip's go together. */
  held?: readonly number[];
  settings: TrainSettings;
  /** Where checkpoints lie and are written: `steps/`, which a training of the same inputs goes on from, and `best/`. Without it there are none. */
  folder?: string;
  random: Random;
  log: Log;
  progress: Progress;
  signal: AbortSignal;
  /** Both are told of all steps and evaluations, in order: of those before a checkpoint that was gone on from, too. */
  onStep?: (step: TuneStep) => void;
  onEvaluation?: (evaluation: Evaluation) => void;
}

export interface TuneResult {
  /** Over all stages. */
  steps: number;
  /** Of this process. */
  seconds: number;
  /** Words that the auxiliary loss predicted; empty without one. */
  auxiliaryWords: readonly string[];
}

/**
 * Trains the model on the samples, stage by stage. Deterministic under the seed of `random` as far as the backend is, and so is a training that
 * was interrupted, by whatever, and goes on from its last checkpoint.
 * Throws Fault TENSOR_NAN with the batch's clips where a loss is not finite, INTERRUPTED when the signal fires (after a checkpoint),
 * DATASET_INVALID without samples, CONFIG_VALUE where a pattern of the settings means no variable.
 */
export async function tune(inputs: TuneInputs): Promise<TuneResult> {
  const { model, settings, log, folder, random, samples } = inputs;
  const held = new Set(inputs.held);
  const trained = samples.flatMap((_, i) => (held.has(i) ? [] : [i]));
  if (!trained.length)
    throw new Fault('DATASET_INVALID', 'there are no training samples', { hint: 'the training split needs clips with captions' });
  const stages = trainStages(settings);
  const sizes = embeddingSizes(inputs);
  const words = auxiliaryLoss(inputs, stages, sizes.hidden);
  const variables = { ...modelVariables(model), ...(words && namedVariables({ auxiliary: words })) };
  const started = performance.now();
  try {
    const plans = stagePlans(stages, variables, {
      samples: trained.reduce((sum, i) => sum + sampleWeight(samples[i]!), 0),
      auxiliary: words !== null,
    });
    const checkpoints = folder === undefined ? null : new TrainingCheckpoints(join(folder, stepsFolder), log);
    const state = checkpoints?.latest() ?? null;
    const progress = state?.progress ?? { stage: 0, stageStep: 0, step: 0, next: [], record: noEvaluations, steps: [], evaluations: [] };
    const training: Training = {
      ...{ inputs, trained, held: [...held], sizes, words, plans, variables, checkpoints, progress },
      best: folder === undefined ? null : new BestCheckpoints(join(folder, 'best')),
      memory: new MemoryWatch(log),
      dropout: random.fork('dropout'),
      task: inputs.progress.start('tune', totalSteps(plans)),
    };
    try {
      if (state) goOn(training, state);
      for (let before = state; progress.stage < plans.length; before = null) {
        await tuneStage(training, before);
        Object.assign(progress, { stage: progress.stage + 1, stageStep: 0, record: noEvaluations });
      }
    } finally {
      training.task.end();
    }
    return { steps: progress.step, seconds: (performance.now() - started) / 1000, auxiliaryWords: words?.words ?? [] };
  } finally {
    words?.dispose();
  }
}

/** Forgets what a finished training could go on from. What was best is kept. */
export function clearProgress(folder: string): void {
  rmSync(join(folder, stepsFolder), { recursive: true, force: true });
}

/** Takes the weights of a checkpoint and tells again what was told before it. */
function goOn({ inputs, plans, progress, variables }: Training, state: TrainingState): void {
  const tf = tensorflow();
  const names = trainedNames(plans.slice(0, progress.stage + 1));
  const values = names.map((name) => storedValues(state.variables, name, variables[name]!.shape));
  tidy(() => names.forEach((name, i) => variables[name]!.assign(tf.tensor(values[i]!, variables[name]!.shape))));
  inputs.log.info(`tuning goes on from its checkpoint after step ${progress.step} of ${totalSteps(plans)}`);
  for (const step of progress.steps) inputs.onStep?.(step);
  for (const evaluation of progress.evaluations) inputs.onEvaluation?.(evaluation);
}

/** Visual embeddings a clip, time steps, and the width of a vector: known when some have been made. */
function embeddingSizes({ model, source }: TuneInputs): { visual: number; time: number; hidden: number } {
  return tidy(() => {
    const { sequence, steps } = model.projector.project(visualTokens(model.encoder, toTensors(source.batch([0]))));
    return { visual: sequence.shape[1], time: steps.shape[1], hidden: steps.shape[2] };
  });
}

/** Null where no stage has one, or the captions give nothing to predict. */
function auxiliaryLoss({ samples, held, random, log }: TuneInputs, stages: readonly TrainStage[], hidden: number): AuxiliaryLoss | null {
  const stage = stages.find(({ auxiliary }) => auxiliary.name !== 'none');
  if (!stage) return null;
  const unseen = new Set(held);
  const captions = samples.map(({ answer }, i) => (unseen.has(i) ? '' : answer));
  const loss = AuxiliaryLoss.of(captions, { random: random.fork('auxiliary'), hidden, maxShare: stage.auxiliary['max-share'] });
  if (!loss) log.warn('no caption tells of the beginning, the middle and the end of its clip: training goes on without the auxiliary loss');
  return loss;
}
