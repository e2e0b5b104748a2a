import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import type { HostBatch } from '../contracts/index.js';
import type { OptimizerState } from './optimizer.js';
import type { TrainStage } from './train-stages.js';

/**
 * `captions`: the caption loss with the auxiliary loss beside it. `before`: the auxiliary loss alone. `evaluation`: the caption loss alone,
 * without anything random.
 */
export type StepKind = 'captions' | 'before' | 'evaluation';

/** The scalars a step comes to; null where a kind has none. `total` is what is minimised. */
export interface Losses {
  caption: Scalar | null;
  auxiliary: Scalar | null;
  total: Scalar;
}

/** The losses of a batch's tensors: pure, so that an engine may run it anew each step or compile it once for each kind and set of shapes. */
export type Forward = (kind: StepKind, batch: Readonly<Record<string, Tensor>>) => Losses;

export interface LossValues {
  caption: number | null;
  auxiliary: number | null;
}

export interface StepResult extends LossValues {
  /** Global, before clipping. */
  gradientNorm: number;
}

/** Does the arithmetic of training steps on variables that it was given. What changes from step to step are its arguments. */
export interface StepEngine {
  /**
   * Losses, gradients and one update. The micro-batches' losses and gradients are summed (their arrays hold the weights), in the memory of
   * one of them. `rates` are the groups' learning rates. Where a loss or the norm is not finite, nothing is updated.
   */
  step(kind: StepKind, microBatches: readonly HostBatch[], rates: readonly number[]): Promise<StepResult>;
  /** Losses alone: nothing is changed. */
  losses(kind: StepKind, batch: HostBatch): Promise<LossValues>;
  /** Calls that will come, by the names, shapes and types of their batches: an engine that compiles then does it once for all of them. */
  expect?(calls: readonly ExpectedCall[]): void;
  /** What the optimiser keeps from step to step, and its way back in, before the first step. */
  state(): Promise<OptimizerState>;
  restore(state: OptimizerState): void;
  /** Puts what the variables have become back where others see it; a no-op for an engine that works on them in place. */
  sync(): Promise<void>;
  dispose(): void;
}

export interface ExpectedCall {
  kind: StepKind;
  call: 'step' | 'losses';
  /** The micro-batches of a step, or the one batch whose losses are wanted; their arrays may be empty. */
  batches: readonly HostBatch[];
}

/** Variables with settings of their own. */
export interface ParameterGroup {
  /** By `<part>/<name>`. */
  variables: Readonly<Record<string, Variable>>;
  /** Peak; the schedule's factor comes on top. */
  learningRate: number;
  weightDecay: number;
}

/** What is fixed for a stage. */
export interface StepEngineOptions extends Pick<TrainStage, 'optimizer' | 'clip' | 'precision' | 'engine' | 'check-engine'> {
  /** All that is trained; what is frozen is not among them. */
  groups: readonly ParameterGroup[];
  forward: Forward;
}
