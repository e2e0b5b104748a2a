import type { Tensor, Variable } from '@tensorflow/tfjs';
import { kernels, tensorflow, tidy, type StoredTensor } from '../tensor/index.js';
import type { Optimizer, OptimizerState } from './optimizer.js';
import { storedValues } from './stored-state.js';
import type { OptimizerSettings } from './train-settings.js';

/**
 * Stochastic gradient descent with momentum (Sutskever et al., 2013) as PyTorch computes it: weight decay is added to the gradient, the
 * velocity is free of the learning rate, and with `nesterov` the update looks one step of it ahead (torch/optim/sgd.py, dampening 0).
 */
export class Sgd implements Optimizer {
  /** Empty without momentum. */
  readonly #velocities: Tensor[];

  constructor(
    private readonly variables: Readonly<Record<string, Variable>>,
    private readonly settings: Required<Pick<OptimizerSettings, 'momentum' | 'nesterov' | 'weight-decay'>>,
  ) {
    const tf = tensorflow();
    const list = settings.momentum > 0 ? Object.values(variables) : [];
    this.#velocities = list.map(({ shape }) => tf.keep(tf.zeros(shape)));
  }

  apply(gradients: readonly (Tensor | null)[], { learningRate, gradientScale }: { learningRate: number; gradientScale: number }): void {
    const k = kernels();
    const tf = tensorflow();
    const { momentum, nesterov, 'weight-decay': decay } = this.settings;
    Object.values(this.variables).forEach((variable, i) => {
      const given = gradients[i];
      if (!given) return;
      tidy(() => {
        // Rates are tensors here: a kernel's own constants live on.
        const times = (x: Tensor, factor: number) => (factor === 1 ? x : k.mul(x, tf.scalar(factor)));
        let direction = times(given, gradientScale);
        if (decay > 0) direction = k.add(direction, times(variable, decay));
        if (momentum > 0) {
          const old = this.#velocities[i]!;
          const velocity = tf.keep(k.add(times(old, momentum), direction));
          old.dispose();
          this.#velocities[i] = velocity;
          direction = nesterov ? k.add(direction, times(velocity, momentum)) : velocity;
        }
        variable.assign(k.sub(variable, k.mul(direction, tf.scalar(learningRate))));
      });
    });
  }

  async state(): Promise<OptimizerState> {
    const names = Object.keys(this.variables);
    const stored = this.#velocities.map(async (velocity, i): Promise<[string, StoredTensor]> => [
      `${names[i]}/velocity`,
      { shape: velocity.shape, data: (await velocity.data()) as Float32Array },
    ]);
    return Object.fromEntries(await Promise.all(stored));
  }

  restore(state: OptimizerState): void {
    const tf = tensorflow();
    const names = Object.keys(this.variables);
    const values = this.#velocities.map(({ shape }, i) => storedValues(state, `${names[i]}/velocity`, shape));
    this.#velocities.forEach((old, i) => {
      this.#velocities[i] = tf.keep(tf.tensor(values[i]!, old.shape));
      old.dispose();
    });
  }

  dispose(): void {
    tensorflow().dispose(this.#velocities);
  }
}
