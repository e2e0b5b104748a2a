import type { Tensor, Variable } from '@tensorflow/tfjs';
import { kernels, type AdamKernel } from '../tensor/index.js';
import type { TrainSettings } from './train-settings.js';

/**
 * AdamW (Loshchilov & Hutter, 2019, algorithm 2) as PyTorch computes it: decay first, epsilon beside the corrected root, and a count of
 * updates for each variable, so that one whose gradient comes later starts with its own correction.
 */
export class AdamW {
  readonly #kernel: AdamKernel;
  readonly #updates: number[];

  constructor(
    variables: readonly Variable[],
    private readonly settings: TrainSettings['optimizer'],
    private readonly clip: number,
  ) {
    this.#kernel = kernels().adam(variables);
    this.#updates = variables.map(() => 0);
  }

  /** Global norm of gradients, 0..infinity or NaN. */
  static async norm(gradients: readonly (Tensor | null)[]): Promise<number> {
    const squares = kernels().sumOfSquares(gradients.filter((gradient) => gradient !== null));
    const [sum] = await squares.data();
    squares.dispose();
    return Math.sqrt(sum!);
  }

  /** One update. `gradients` lie parallel to the variables (null: untouched) and have the given global norm; the caller frees them. */
  apply(gradients: readonly (Tensor | null)[], norm: number, learningRate: number): void {
    const { betas, epsilon, 'weight-decay': decay } = this.settings;
    gradients.forEach((gradient, i) => (this.#updates[i]! += gradient ? 1 : 0));
    this.#kernel.apply(gradients, {
      learningRate,
      keep: 1 - learningRate * decay,
      beta1: betas[0],
      beta2: betas[1],
      epsilon,
      // As torch.nn.utils.clip_grad_norm_ does it, its 1e-6 included.
      gradientScale: this.clip > 0 ? Math.min(1, this.clip / (norm + 1e-6)) : 1,
      updates: this.#updates,
    });
  }

  dispose(): void {
    this.#kernel.dispose();
  }
}
