import type { Scalar, Tensor, Tensor3D, Variable } from '@tensorflow/tfjs';
import type { GenerateOptions, HostBatch, InstructionSample, LlmHead, PluginContext, Random, Variables } from 'mienlab/contracts';
import {
  blockWeights,
  constantVariable,
  crossEntropy,
  embed,
  linear,
  normalVariable,
  rmsNorm,
  tensorflow,
  transformerBlock,
  weightedRows,
  type BlockWeights,
} from 'mienlab/tensor';
import { ByteBpe } from './byte-bpe.js';
import { generate } from './generate.js';
import type { TinyDecoderConfig } from './plugin.js';
import { samplesBatch, type TrainingBatch } from './text-batch.js';

/** All weights: the embedding table, learned text positions, blocks, the last norm, and the output layer. */
export interface DecoderWeights {
  embedding: Variable;
  positions: Variable;
  blocks: readonly BlockWeights[];
  norm: Variable;
  output: Variable;
}

/** Visual embeddings, then the instruction, then the answer, seen causally. */
export class TinyDecoder implements LlmHead {
  readonly variables: Variables;
  readonly #weights: DecoderWeights;
  readonly #mask: Tensor;

  private constructor(
    random: Random,
    private readonly config: TinyDecoderConfig,
    private readonly tokenizer: ByteBpe,
    private readonly signal: AbortSignal,
  ) {
    const tf = tensorflow();
    const { width, layers, 'context-length': length } = config;
    // One id more than the BPE has: the end of an answer.
    const vocabulary = tokenizer.size + 1;
    const blocks = Array.from({ length: layers }, (_, i) =>
      blockWeights(random.fork(`block-${i}`), { width, inner: 4 * width, depth: layers }),
    );
    this.#weights = {
      embedding: normalVariable(random.fork('embedding'), [vocabulary, width], 0.02),
      positions: normalVariable(random.fork('positions'), [length, width], 0.02),
      blocks,
      norm: constantVariable([width], 1),
      output: normalVariable(random.fork('output'), [width, vocabulary], 0.02),
    };
    const { blocks: _, ...others } = this.#weights;
    this.variables = {
      ...others,
      ...Object.fromEntries(
        blocks.flatMap((block, i) => Object.entries(block).map(([name, variable]) => [`blocks.${i}.${name}`, variable as Variable])),
      ),
    };
    const causal = Float32Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e9 : 0));
    this.#mask = tf.keep(tf.tensor2d(causal, [length, length]));
  }

  /** With the tokenizer that a checkpoint kept, or one learned from the corpus. */
  static create(
    { random, signal }: Pick<PluginContext, 'random' | 'signal'>,
    config: TinyDecoderConfig,
    corpus: readonly string[],
    state?: unknown,
  ): TinyDecoder {
    const kept = (state as { tokenizer?: unknown } | undefined)?.tokenizer;
    const tokenizer = kept === undefined ? ByteBpe.train(corpus, config.vocabulary - 1) : ByteBpe.restore(kept);
    return new TinyDecoder(random, config, tokenizer, signal);
  }

  prepare(samples: readonly InstructionSample[], visual: number): TrainingBatch {
    return samplesBatch(samples, visual, this.tokenizer, this.config);
  }

  answerTokens({ weights }: HostBatch): number {
    return weightedRows(weights!);
  }

  loss({ ids, labels, weights }: Readonly<Record<keyof TrainingBatch, Tensor>>, visual: Tensor3D): Scalar {
    const tf = tensorflow();
    return tf.tidy(() => {
      const { width, heads } = this.config;
      const [clips, textLength] = ids!.shape as [number, number];
      const length = visual.shape[1] + textLength;
      // Rows of labels there are only from the first place on that predicts an answer.
      const first = length - labels!.shape[1]!;
      const text = embed(this.#weights.embedding, tf.reshape(ids!, [-1]));
      const placed = tf.add(tf.reshape(text, [clips, textLength, width]), tf.slice(this.#weights.positions, [0, 0], [textLength, width]));
      let x: Tensor = tf.reshape(tf.concat([visual, placed as Tensor3D], 1), [clips * length, width]);
      const mask = tf.slice(this.#mask, [0, 0], [length, length]);
      const { blocks, norm, output } = this.#weights;
      // What comes before the first predicted token is seen by the last block, but does not leave it.
      blocks.forEach((block, i) => {
        x = transformerBlock(x, block, mask, { batch: clips, length, heads }, i === blocks.length - 1 ? first : 0);
      });
      const logits = linear(rmsNorm(x, norm), output);
      return crossEntropy(logits, tf.reshape(labels!, [-1]), tf.reshape(weights!, [-1]));
    });
  }

  generate(samples: readonly InstructionSample[], visual: Tensor3D, options: GenerateOptions): Promise<string[]> {
    return generate(samples, visual, options, this.#weights, this.config, this.tokenizer, this.signal);
  }

  state(): unknown {
    return { tokenizer: this.tokenizer.state() };
  }

  dispose(): void {
    tensorflow().dispose([...Object.values(this.variables), this.#mask]);
  }
}
