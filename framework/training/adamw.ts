import type { Tensor, Variable } from '@tensorflow/tfjs';
import { kernels, type AdamKernel, type StoredTensor } from '../tensor/index.js';
import type { Optimizer, OptimizerState } from './optimizer.js';
import { storedValues } from './stored-state.js';
import type { OptimizerSettings } from './train-settings.js';

/**
 * AdamW (Loshchilov & Hutter, 2019, algorithm 2) as PyTorch computes it: decay first, epsilon beside the corrected root, and a count of
 * updates for each variable, so that one whose gradient comes later starts with its own correction.
 */
export class AdamW implements Optimizer {
  readonly #kernel: AdamKernel;
  readonly #updates: number[];

  constructor(
    private readonly variables: Readonly<Record<string, Variable>>,
    private readonly settings: Pick<OptimizerSettings, 'betas' | 'epsilon' | 'weight-decay'>,
  ) {
    this.#kernel = kernels().adam(Object.values(variables));
    this.#updates = Object.keys(variables).map(() => 0);
  }

  apply(gradients: readonly (Tensor | null)[], { learningRate, gradientScale }: { learningRate: number; gradientScale: number }): void {
    const { betas, epsilon, 'weight-decay': decay } = this.settings;
    gradients.forEach((gradient, i) => (this.#updates[i]! += gradient ? 1 : 0));
    this.#kernel.apply(gradients, {
      learningRate,
      keep: 1 - learningRate * decay,
      beta1: betas[0],
      beta2: betas[1],
      epsilon,
      gradientScale,
      updates: this.#updates,
    });
  }

  async state(): Promise<OptimizerState> {
    const state: Record<string, StoredTensor> = {};
    const moments = await this.#kernel.moments();
    Object.entries(this.variables).forEach(([name, { shape }], i) => {
      state[`${name}/m`] = { shape, data: moments[i]!.m };
      state[`${name}/v`] = { shape, data: moments[i]!.v };
      // Exact up to 2^24 updates.
      state[`${name}/updates`] = { shape: [], data: Float32Array.of(this.#updates[i]!) };
    });
    return state;
  }

  restore(state: OptimizerState): void {
    const entries = Object.entries(this.variables);
    const moments = entries.map(([name, { shape }]) => ({
      m: storedValues(state, `${name}/m`, shape),
      v: storedValues(state, `${name}/v`, shape),
    }));
    const updates = entries.map(([name]) => storedValues(state, `${name}/updates`, [])[0]!);
    this.#kernel.restore(moments);
    updates.forEach((count, i) => (this.#updates[i] = count));
  }

  dispose(): void {
    this.#kernel.dispose();
  }
}
