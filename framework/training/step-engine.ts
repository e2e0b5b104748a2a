import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import type { HostBatch } from '../contracts/index.js';

/** `captions`: the caption loss with the auxiliary loss beside it. `before`: the auxiliary loss alone. */
export type StepKind = 'captions' | 'before';

/** The scalars a step comes to; null where a kind has none. `total` is what is minimised. */
export interface Losses {
  caption: Scalar | null;
  auxiliary: Scalar | null;
  total: Scalar;
}

/** The losses of a batch's tensors: pure, so that an engine may run it anew each step or compile it once for each kind and set of shapes. */
export type Forward = (kind: StepKind, batch: Readonly<Record<string, Tensor>>) => Losses;

export interface StepResult {
  caption: number | null;
  auxiliary: number | null;
  /** Global, before clipping. */
  gradientNorm: number;
}

/** Does the arithmetic of training steps on variables that it was given. */
export interface StepEngine {
  /** Losses, gradients and one update. Where a loss or the norm is not finite, the update may have spoilt the variables: the caller stops. */
  step(kind: StepKind, batch: HostBatch, learningRate: number): Promise<StepResult>;
  /** Puts what the variables have become back where others see it; a no-op for an engine that works on them in place. */
  sync(): Promise<void>;
  dispose(): void;
}

export interface StepEngineOptions {
  variables: readonly Variable[];
  forward: Forward;
}
