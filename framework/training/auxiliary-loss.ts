import type { Scalar, Tensor3D, Variable } from '@tensorflow/tfjs';
import type { Random, VisualEmbeddings } from '../contracts/index.js';
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

  /** Mean over words, time steps and those samples of the batch whose caption has thirds; 0 where none has. */
  loss(samples: readonly number[], steps: VisualEmbeddings['steps']): Scalar {
    return tidy(() => {
      const tf = tensorflow();
      const [clips, time, hidden] = (steps as Tensor3D).shape;
      const rows = clips * time;
      const width = this.words.length;
      const targets = new Float32Array(rows * width);
      const weights = new Float32Array(rows);
      const usable = samples.filter((sample) => this.#thirds[sample]).length;
      samples.forEach((sample, i) => {
        const thirds = this.#thirds[sample];
        if (!thirds) return;
        for (let step = 0; step < time; step++) {
          weights[i * time + step] = 1 / (usable * time);
          for (const word of thirds[thirdOf(step, time)]) targets[(i * time + step) * width + word] = 1;
        }
      });
      const logits = linear(tf.reshape(steps, [rows, hidden]), this.#weights, this.#bias);
      return binaryCrossEntropy(logits, tf.tensor2d(targets, [rows, width]), tf.tensor2d(weights, [rows, 1]));
    });
  }

  dispose(): void {
    tensorflow().dispose(Object.values(this.variables));
  }
}
