import { setImmediate } from 'node:timers/promises';
import type { Variable } from '@tensorflow/tfjs';
import type { InstructionSample, Progress, Random } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { tensorflow } from '../tensor/index.js';
import type { AuxiliaryLoss } from './auxiliary-loss.js';
import { batches } from './batches.js';
import type { BestCheckpoints } from './best-checkpoints.js';
import { storedTensors } from './checkpoint.js';
import { makeEngine } from './make-engine.js';
import { outOfPatience, recorded } from './evaluation-record.js';
import { forwardOf } from './forward.js';
import { heldOutBatches, heldOutLoss } from './held-out-loss.js';
import { learningRateFactor } from './learning-rate.js';
import { lengthBuckets } from './length-buckets.js';
import type { MemoryWatch } from './memory-watch.js';
import { isFinite } from './loss-values.js';
import { notFinite } from './not-finite.js';
import { sampleWeight, totalSteps, trainedNames, type StagePlan } from './stage-plan.js';
import { pick, StepBatches } from './step-batches.js';
import type { ExpectedCall, StepKind } from './step-engine.js';
import type { TrainStage } from './train-stages.js';
import type { TrainingCheckpoints, TrainingProgress, TrainingState } from './training-checkpoints.js';
import type { TuneInputs } from './tune.js';

/** Batches whose shapes are known before the first step; preparing one takes some milliseconds. */
const lookAhead = 32;

/** A training under way. `progress` changes with every step. */
export interface Training {
  inputs: TuneInputs;
  /** Samples that are trained on, and those that are evaluated on. */
  trained: readonly number[];
  held: readonly number[];
  /** Visual embeddings a clip, and its time steps. */
  sizes: { visual: number; time: number };
  words: AuxiliaryLoss | null;
  plans: readonly StagePlan[];
  /** Of the model and of the auxiliary loss, by `<part>/<name>`. */
  variables: Readonly<Record<string, Variable>>;
  progress: TrainingProgress;
  checkpoints: TrainingCheckpoints | null;
  best: BestCheckpoints | null;
  memory: MemoryWatch;
  dropout: Random;
  task: ReturnType<Progress['start']>;
}

/** Does what is left of the stage that the training is in. `state` is a checkpoint that was gone on from, if that was in this stage. */
export async function tuneStage(training: Training, state: TrainingState | null): Promise<void> {
  const { inputs, plans, progress, trained, held, best, checkpoints, memory } = training;
  const { model, signal, random } = inputs;
  const { stage, before, steps, groups } = plans[progress.stage]!;
  const words = stage.auxiliary.name === 'none' ? null : training.words;
  const stepBatches = new StepBatches({ ...inputs, head: model.head, sizes: training.sizes, words });
  const engine = makeEngine({ ...stage, groups, forward: forwardOf(model, words, stage.auxiliary) }, inputs.log);

  const save = async () => {
    if (!checkpoints) return;
    await engine.sync();
    const names = trainedNames(plans.slice(0, progress.stage + 1));
    const variables = await storedTensors(Object.fromEntries(names.map((name) => [name, training.variables[name]!])));
    checkpoints.save({ progress, variables, optimizer: await engine.state() });
    // Not before: a training that goes on from an earlier checkpoint may need what was the best then.
    best?.prune(stage.name, progress.record.best);
  };

  /** False where the stage is to end here. */
  const evaluate = async (): Promise<boolean> => {
    const loss = await heldOutLoss(engine, stepBatches, held, stage, signal);
    // Interrupted: it is done anew.
    if (loss === null) return true;
    if (!Number.isFinite(loss)) {
      throw new Fault('TENSOR_NAN', `the loss on what is held out is ${loss} after step ${progress.step}`, { key: 'train.evaluate' });
    }
    const evaluation = { step: progress.step, loss };
    progress.record = recorded(progress.record, evaluation, stage.evaluate);
    progress.evaluations.push(evaluation);
    inputs.onEvaluation?.(evaluation);
    if (best && progress.record.best.includes(evaluation)) {
      await engine.sync();
      await best.save(stage.name, evaluation, model);
    }
    if (!outOfPatience(progress.record, stage.evaluate)) return true;
    inputs.log.info(`stage ${stage.name} ends after step ${progress.step}: no better loss in ${stage.evaluate.patience} evaluations`);
    return false;
  };

  try {
    // Before the first step there is nothing to restore.
    if (state && progress.stageStep > 0) engine.restore(state.optimizer);
    const order = orderFromHere();
    const next = order.next().value;
    if (state && state.progress.next.join() !== next.join()) {
      throw new Fault('CHECKPOINT_INVALID', `the data order after step ${progress.step} is not the one of the checkpoint`, {
        hint: 'train anew with cache=refresh',
      });
    }
    progress.next = next;
    if (engine.expect) engine.expect(upcoming());
    memory.restart();
    let breath = performance.now();
    for (;;) {
      if (signal.aborted) {
        if (progress.step > 0) await save();
        throw new Fault('INTERRUPTED', `interrupted before step ${progress.step + 1} of ${totalSteps(plans)}`);
      }
      // Counted in the captions' steps; negative in the steps before.
      const step = progress.stageStep - before;
      if (isDue(step, steps, stage.evaluate.every) && held.length && progress.record.last?.step !== progress.step) {
        if (!(await evaluate())) break;
        continue;
      }
      if (step >= steps) break;
      if (step === 0) memory.restart();
      await doStep(step < 0 ? 'before' : 'captions');
      progress.next = order.next().value;
      if (stage['checkpoint-every'] && progress.step % stage['checkpoint-every'] === 0) await save();
      if (performance.now() - breath > 50) {
        // Timers, signals and log writers get their turn.
        await setImmediate();
        breath = performance.now();
      }
    }
    await engine.sync();
  } finally {
    engine.dispose();
  }
  best?.prune(stage.name, progress.record.best);
  const [lowest] = progress.record.best;
  if (stage.evaluate.restore === 'best' && lowest && best) {
    best.load(stage.name, lowest, model);
    inputs.log.info(`stage ${stage.name} ends with the weights of step ${lowest.step}, loss ${lowest.loss.toFixed(4)} on what is held out`);
  }

  function orderFromHere(): Generator<number[], never> {
    const order = batchOrder(random.fork(progress.stage ? `order-${progress.stage}` : 'order'), pick(inputs.samples, trained), stage);
    for (let i = 0; i < progress.stageStep; i++) order.next();
    return order;
  }

  /** What the next steps and evaluations will ask of the engine: most shapes come up among them. */
  function upcoming(): ExpectedCall[] {
    const order = orderFromHere();
    const calls: ExpectedCall[] = [];
    for (let step = progress.stageStep - before, seen = 0; step < steps && seen < lookAhead; step++) {
      const batch = pick(trained, order.next().value);
      const kind = step < 0 ? 'before' : 'captions';
      // Without text batches have one shape.
      if (kind === 'before' && calls.length) continue;
      calls.push({ kind, call: 'step', batches: stepBatches.outline(kind, batch, stage.accumulate) });
      if (kind === 'captions') seen++;
    }
    if (!stage.evaluate.every) return calls;
    const evaluations = heldOutBatches(held, stage).slice(0, lookAhead);
    const looks = evaluations.map((batch) => stepBatches.lookAtOutline('evaluation', batch));
    return [...calls, ...looks.map((arrays): ExpectedCall => ({ kind: 'evaluation', call: 'losses', batches: [arrays] }))];
  }

  async function doStep(kind: StepKind): Promise<void> {
    const started = performance.now();
    const { next: batch, stageStep } = progress;
    // The steps before keep the full rate after their warm-up; the schedule is the captions'.
    const factor =
      kind === 'captions'
        ? learningRateFactor(stage.schedule, stageStep - before, steps)
        : learningRateFactor({ ...stage.schedule, name: 'constant' }, stageStep, before);
    const samples = pick(trained, batch);
    const seed = (microBatch: number) => training.dropout.fork(`${progress.step}-${microBatch}`).integer(2 ** 31);
    const result = await engine.step(
      kind,
      stepBatches.step(kind, samples, stage.accumulate, seed),
      groups.map(({ learningRate }) => factor * learningRate),
    );
    if (!isFinite(result)) {
      throw await notFinite({ step: progress.step + 1, kind, batch: samples, result, data: inputs, batches: stepBatches, engine });
    }
    progress.stageStep++;
    const step = ++progress.step;
    const { numTensors } = tensorflow().memory();
    const { caption, auxiliary, gradientNorm } = result;
    const told = {
      ...{ step, stage: stage.name, loss: caption, auxiliary, learningRate: factor * stage.optimizer['learning-rate'], gradientNorm },
      milliseconds: performance.now() - started,
      tensors: numTensors,
      rss: memory.look(step, numTensors),
    };
    progress.steps.push(told);
    inputs.onStep?.(told);
    training.task.done(step, caption === null ? `auxiliary loss ${auxiliary?.toFixed(3)}` : `loss ${caption.toFixed(3)}`);
  }
}

/** Endless batches of indices of these samples. Characters stand for tokens: long texts have many of both. */
function batchOrder(random: Random, samples: readonly InstructionSample[], { batch, batching }: TrainStage): Generator<number[], never> {
  const weights = samples.map(sampleWeight);
  if (batching === 'shuffled') return batches(random, weights, batch);
  const lengths = samples.map(({ earlier = [], system = '', ...last }) =>
    [...earlier, last].reduce((sum, { instruction, answer }) => sum + instruction.length + answer.length, system.length),
  );
  return lengthBuckets(random, lengths, batch, weights);
}

/** Every so many steps of the captions, and after the last one. */
function isDue(step: number, steps: number, every: number): boolean {
  return every > 0 && step > 0 && (step % every === 0 || step === steps);
}
