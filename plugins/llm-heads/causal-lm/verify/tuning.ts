import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import { kernels, tensorflow } from 'mienlab/tensor';

type Named = Readonly<Record<string, Variable>>;

/** A loss and its gradients by variable; the caller frees them. */
export async function gradientsOf(
  loss: () => Scalar,
  variables: Named,
): Promise<{ loss: number; gradients: Map<string, Tensor>; norm: number }> {
  const tf = tensorflow();
  const { value, grads } = tf.variableGrads(loss, Object.values(variables));
  const gradients = new Map(Object.entries(variables).map(([name, variable]) => [name, grads[variable.name]!]));
  const squares = kernels().sumOfSquares([...gradients.values()]);
  const [first] = await value.data();
  const [sum] = await squares.data();
  tf.dispose([value, squares]);
  return { loss: first!, gradients, norm: Math.sqrt(sum!) };
}

/** What a golden says of a run of AdamW. */
export interface TuningRun {
  betas: readonly [number, number];
  epsilon: number;
  decay: number;
  /** Largest global norm of the gradients. */
  clip: number;
  /** Learning rate of each step. */
  rates: readonly number[];
  /** Called after each step, from 1. */
  onStep?: (step: number) => Promise<void>;
}

/** What reference values of AdamW are made with (shared goldens and tools/export-golden.py). */
export const tuningDefaults = { betas: [0.9, 0.999], epsilon: 1e-8, decay: 0.01, clip: 1, rate: 1e-3 } as const;

/** AdamW on all variables with decay and clipping as PyTorch does them. Losses and norms are those before each step, then the last loss. */
export async function tune(loss: () => Scalar, variables: Named, run: TuningRun): Promise<{ losses: number[]; norms: number[] }> {
  const tf = tensorflow();
  const list = Object.values(variables);
  const adam = kernels().adam(list);
  const losses: number[] = [];
  const norms: number[] = [];
  try {
    for (const [i, learningRate] of run.rates.entries()) {
      const { loss: before, gradients, norm } = await gradientsOf(loss, variables);
      losses.push(before);
      norms.push(norm);
      adam.apply([...gradients.values()], {
        learningRate,
        keep: 1 - learningRate * run.decay,
        beta1: run.betas[0],
        beta2: run.betas[1],
        epsilon: run.epsilon,
        gradientScale: Math.min(1, run.clip / (norm + 1e-6)),
        updates: list.map(() => i + 1),
      });
      tf.dispose([...gradients.values()]);
      await run.onStep?.(i + 1);
    }
    const last = tf.tidy(loss);
    losses.push((await last.data())[0]!);
    last.dispose();
  } finally {
    adam.dispose();
  }
  return { losses, norms };
}
