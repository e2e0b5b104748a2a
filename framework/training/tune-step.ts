/** What is told of a step. */
export interface TuneStep {
  /** From 1, over all stages; the steps of the auxiliary loss alone come first. */
  step: number;
  stage: string;
  /** Mean cross-entropy of the answers, nats a token; null in the steps before. */
  loss: number | null;
  /** Scaled, without its weight; null without an auxiliary loss. */
  auxiliary: number | null;
  /** That of the optimiser's settings under the schedule; parts may have others. */
  learningRate: number;
  /** Before clipping. */
  gradientNorm: number;
  milliseconds: number;
  /** Tensors alive after the step. */
  tensors: number;
  /** Resident bytes of the process, each 50 steps; else null. */
  rss: number | null;
}
