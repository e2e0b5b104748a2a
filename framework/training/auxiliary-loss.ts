import type { Scalar, Tensor, Tensor3D, Variable } from '@tensorflow/tfjs';
import type { HostBatch, Random, VisualEmbeddings } from '../contracts/index.js';
import { binaryCrossEntropy, constantVariable, linear, normalVariable, tensorflow, tidy } from '../tensor/index.js';
import { captionWords, thirdOf, type CaptionWords } from './caption-words.js';

/**
 * Which words stand in the caption's sentence on a time step's third, predicted from the step's vector by one linear layer with binary
 * cross-entropy. Null where there is nothing to predict: no caption with thirds, or no word of use.
 */
export class AuxiliaryLoss {
  readonly variables: Readonly<Record<string, Variable>>;
  readonly words: readonly string[];
  readonly #thirds: CaptionWords['thirds'];
  readonly #weights: Variable;
  readonly #bias: Variable;

  private constructor(random: Random, targets: CaptionWords, hidden: number) {
    this.words = targets.words;
    this.#thirds = targets.thirds;
    this.#weights = normalVariable(random, [hidden, this.words.length], 1 / Math.sqrt(hidden));
    this.#bias = constantVariable([this.words.length], 0);
    this.variables = { weights: this.#weights, bias: this.#bias };
  }

  static of(
    captions: readonly string[],
    { random, hidden, maxShare }: { random: Random; hidden: number; maxShare: number },
  ): AuxiliaryLoss | null {
    const targets = captionWords(captions, maxShare);
    return targets.words.length ? new AuxiliaryLoss(random, targets, hidden) : null;
  }

  /**
   * Targets [sample * time, word] and weights [sample * time, 1] of these samples. Where they are a part of a batch worked through piece by
   * piece, `whole` are the batch's samples, and the losses of its parts add up to the batch's.
   */
  prepare(samples: readonly number[], time: number, whole = samples): HostBatch {
    const rows = samples.length * time;
    const width = this.words.length;
    const targets = new Float32Array(rows * width);
    const weights = new Float32Array(rows);
    const usable = whole.filter((sample) => this.#thirds[sample]).length;
    samples.forEach((sample, i) => {
      const thirds = this.#thirds[sample];
      if (!thirds) return;
      for (let step = 0; step < time; step++) {
        weights[i * time + step] = 1 / (usable * time);
        for (const word of thirds[thirdOf(step, time)]) targets[(i * time + step) * width + word] = 1;
      }
    });
    return { targets: { data: targets, shape: [rows, width] }, weights: { data: weights, shape: [rows, 1] } };
  }

  /** Mean over words, time steps and those samples of the batch whose caption has thirds; 0 where none has. `batch` is of `prepare`. */
  loss({ targets, weights }: Readonly<Record<string, Tensor>>, steps: VisualEmbeddings['steps']): Scalar {
    return tidy(() => {
      const [clips, time, hidden] = (steps as Tensor3D).shape;
      const logits = linear(tensorflow().reshape(steps, [clips * time, hidden]), this.#weights, this.#bias);
      return binaryCrossEntropy(logits, targets!, weights!);
    });
  }

  dispose(): void {
    tensorflow().dispose(Object.values(this.variables));
  }
}
