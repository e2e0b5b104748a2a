import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import type { HostBatch } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { kernels, tensorflow, tidy, toTensors } from '../tensor/index.js';
import { clipScale, gradientNorm } from './clip-gradients.js';
import { isFinite, sumOfLosses } from './loss-values.js';
import { makeOptimizer, type Optimizer, type OptimizerState } from './optimizer.js';
import type { LossValues, StepEngine, StepEngineOptions, StepKind, StepResult } from './step-engine.js';
import type { Precision } from './train-settings.js';

type Gradients = (Tensor | null)[];

/** Runs every step operation by operation, on any backend. */
export class EagerEngine implements StepEngine {
  #made: readonly Optimizer[] | undefined;
  /** Of all groups, one behind the other. */
  readonly #variables: readonly Variable[];

  constructor(private readonly options: StepEngineOptions) {
    EagerEngine.check(options.precision);
    this.#variables = options.groups.flatMap(({ variables }) => Object.values(variables));
  }

  /** Their state is made when it is first needed: an engine that only evaluates has none. */
  get #optimizers(): readonly Optimizer[] {
    const { groups, optimizer } = this.options;
    return (this.#made ??= groups.map(({ variables, weightDecay }) =>
      makeOptimizer(variables, { ...optimizer, 'weight-decay': weightDecay }),
    ));
  }

  /** Throws Fault CONFIG_VALUE where it cannot multiply in these numbers. */
  static check(precision: Precision): void {
    if (precision === 'fp32') return;
    throw new Fault('CONFIG_VALUE', `train.precision ${precision} needs compiled steps; here every operation runs by itself, in fp32`, {
      key: 'train.precision',
      known: ['fp32'],
      hint: 'set train.precision=fp32, or take the tensorflow backend',
    });
  }

  step(kind: StepKind, microBatches: readonly HostBatch[], rates: readonly number[]): Promise<StepResult> {
    return this.#run(kind, microBatches, (gradients, result) => {
      if (isFinite(result)) this.#update(gradients, result.gradientNorm, rates);
    });
  }

  /** What `step` would give, without the update. */
  evaluate(kind: StepKind, microBatches: readonly HostBatch[]): Promise<StepResult> {
    return this.#run(kind, microBatches, () => {});
  }

  async #run(
    kind: StepKind,
    microBatches: readonly HostBatch[],
    update: (gradients: Gradients, result: StepResult) => void,
  ): Promise<StepResult> {
    let losses: LossValues = { caption: null, auxiliary: null };
    let gradients: Gradients = [];
    try {
      for (const batch of microBatches) {
        const micro = this.#differentiate(kind, batch);
        gradients = gradients.length ? summed(gradients, micro.gradients) : micro.gradients;
        const [caption, auxiliary] = await Promise.all([read(micro.caption), read(micro.auxiliary)]);
        losses = sumOfLosses(losses, { caption, auxiliary });
      }
      const result = { ...losses, gradientNorm: await gradientNorm(gradients) };
      update(gradients, result);
      return result;
    } finally {
      tensorflow().dispose(gradients.filter((gradient) => gradient !== null));
    }
  }

  #update(gradients: Gradients, norm: number, rates: readonly number[]): void {
    const gradientScale = clipScale(norm, this.options.clip);
    let start = 0;
    this.options.groups.forEach(({ variables }, i) => {
      const end = start + Object.keys(variables).length;
      this.#optimizers[i]!.apply(gradients.slice(start, end), { learningRate: rates[i]!, gradientScale });
      start = end;
    });
  }

  /** Losses (kept) and the gradients of their total for each variable, null where it has none; the caller frees both. */
  #differentiate(kind: StepKind, batch: HostBatch): { caption: Scalar | null; auxiliary: Scalar | null; gradients: Gradients } {
    const tf = tensorflow();
    let losses: { caption: Scalar | null; auxiliary: Scalar | null } = { caption: null, auxiliary: null };
    const { value, grads } = tf.variableGrads(() => {
      const { caption, auxiliary, total } = this.options.forward(kind, toTensors(batch));
      losses = { caption: caption && tf.keep(caption), auxiliary: auxiliary && tf.keep(auxiliary) };
      return tf.mul(total, 1) as Scalar;
    }, this.#variables as Variable[]);
    value.dispose();
    return { ...losses, gradients: this.#variables.map((variable) => grads[variable.name] ?? null) };
  }

  async losses(kind: StepKind, batch: HostBatch): Promise<LossValues> {
    const tf = tensorflow();
    const kept = tidy(() => {
      const { caption, auxiliary } = this.options.forward(kind, toTensors(batch));
      return { caption: caption && tf.keep(caption), auxiliary: auxiliary && tf.keep(auxiliary) };
    });
    const [caption, auxiliary] = await Promise.all([read(kept.caption), read(kept.auxiliary)]);
    return { caption, auxiliary };
  }

  async state(): Promise<OptimizerState> {
    const states = await Promise.all(this.#optimizers.map((optimizer) => optimizer.state()));
    return Object.assign({}, ...states) as OptimizerState;
  }

  restore(state: OptimizerState): void {
    for (const optimizer of this.#optimizers) optimizer.restore(state);
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): void {
    for (const optimizer of this.#made ?? []) optimizer.dispose();
  }
}

/** Frees what it was given, at the end: two variables may have one gradient. */
function summed(gradients: Gradients, more: Gradients): Gradients {
  const sums = gradients.map((gradient, i) => {
    const other = more[i]!;
    return gradient && other ? kernels().add(gradient, other) : (gradient ?? other);
  });
  tensorflow().dispose([...gradients, ...more].filter((gradient) => gradient && !sums.includes(gradient)) as Tensor[]);
  return sums;
}

/** The value of a scalar, which is freed. */
async function read(scalar: Scalar | null): Promise<number | null> {
  if (!scalar) return null;
  const [value] = await scalar.data();
  scalar.dispose();
  return value!;
}
