import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import type { HostBatch } from '../contracts/index.js';
import { tensorflow, toTensors } from '../tensor/index.js';
import { AdamW } from './adamw.js';
import type { Losses, StepEngine, StepEngineOptions, StepKind, StepResult } from './step-engine.js';
import type { TrainSettings } from './train-settings.js';

/** Runs every step operation by operation, on any backend. */
export class EagerEngine implements StepEngine {
  #optimizer: AdamW | undefined;

  constructor(
    private readonly options: StepEngineOptions,
    private readonly settings: Pick<TrainSettings, 'optimizer' | 'clip'>,
  ) {}

  step(kind: StepKind, batch: HostBatch, learningRate: number): Promise<StepResult> {
    return this.#run(kind, batch, (gradients, { caption, auxiliary, gradientNorm }) => {
      if (![caption ?? 0, auxiliary ?? 0, gradientNorm].every(Number.isFinite)) return;
      this.#optimizer ??= new AdamW(this.options.variables, this.settings.optimizer, this.settings.clip);
      this.#optimizer.apply(gradients, gradientNorm, learningRate);
    });
  }

  /** What `step` would give, without the update. */
  evaluate(kind: StepKind, batch: HostBatch): Promise<StepResult> {
    return this.#run(kind, batch, () => {});
  }

  async #run(kind: StepKind, batch: HostBatch, update: (gradients: (Tensor | null)[], result: StepResult) => void): Promise<StepResult> {
    const { losses, gradients } = this.#differentiate(kind, batch);
    const [caption, auxiliary] = await Promise.all([read(losses.caption), read(losses.auxiliary)]);
    try {
      const result = { caption, auxiliary, gradientNorm: await AdamW.norm(gradients) };
      update(gradients, result);
      return result;
    } finally {
      tensorflow().dispose(gradients.filter((gradient) => gradient !== null));
    }
  }

  /** Losses (kept) and the gradients of their total for each variable, null where it has none; the caller frees both. */
  #differentiate(kind: StepKind, batch: HostBatch): { losses: Omit<Losses, 'total'>; gradients: (Tensor | null)[] } {
    const tf = tensorflow();
    const { forward, variables } = this.options;
    let losses: Omit<Losses, 'total'> = { caption: null, auxiliary: null };
    const { value, grads } = tf.variableGrads(() => {
      const { caption, auxiliary, total } = forward(kind, toTensors(batch));
      losses = { caption: caption && tf.keep(caption), auxiliary: auxiliary && tf.keep(auxiliary) };
      return tf.mul(total, 1) as Scalar;
    }, variables as Variable[]);
    value.dispose();
    return { losses, gradients: variables.map((variable) => grads[variable.name] ?? null) };
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): void {
    this.#optimizer?.dispose();
  }
}

/** The value of a scalar, which is freed. */
async function read(scalar: Scalar | null): Promise<number | null> {
  if (!scalar) return null;
  const [value] = await scalar.data();
  scalar.dispose();
  return value!;
}
