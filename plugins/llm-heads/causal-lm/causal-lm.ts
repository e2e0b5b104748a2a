import type { Scalar, Tensor, Tensor3D, Variable } from '@tensorflow/tfjs';
import type { GenerateOptions, HostBatch, InstructionSample, LlmHead, PluginContext, Variables } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { sampleRandoms } from 'mienlab/plugin';
import {
  attachAdapter,
  beamRows,
  crossEntropy,
  generateTokens,
  initialAdapter,
  tensorflow,
  tidy,
  toTensors,
  weightedRows,
} from 'mienlab/tensor';
import { DecodeSessions } from './decode-sessions.js';
import { Decoder } from './decoder.js';
import { readAdapter } from './lora/read-adapter.js';
import { checkpointOf, contextLengthOf, loraOf, promptOptions, type CausalLmConfig } from './options.js';
import { generationPromptBatch, trainingPromptBatch, type TrainingPromptBatch } from './prompt-batch.js';
import { PromptMaker } from './prompt.js';
import { decoderWeightShapes } from './weight-shapes.js';

/** A pretrained decoder behind visual embeddings: tuned whole, or by LoRA with its own weights frozen. */
export class CausalLm implements LlmHead {
  readonly variables: Variables;
  readonly #sessions: DecodeSessions;
  readonly #signal: AbortSignal;

  private constructor(
    private readonly decoder: Decoder,
    private readonly prompts: PromptMaker,
    private readonly contextLength: number,
    { log, signal }: Pick<PluginContext, 'log' | 'signal'>,
    adapter: Variables | null,
  ) {
    this.#signal = signal;
    this.#sessions = new DecodeSessions(decoder, log);
    this.variables = adapter ?? decoder.variables;
  }

  /** Throws Fault ASSET_MISSING, CHECKPOINT_INVALID, TOKENIZER_INVALID or TEMPLATE_INVALID where the checkpoint cannot be used. */
  static create({ random, resolve, log, signal }: PluginContext, config: CausalLmConfig): CausalLm {
    const checkpoint = checkpointOf(config, resolve);
    const { spec } = checkpoint;
    const contextLength = contextLengthOf(config, spec);
    const tokenizer = checkpoint.tokenizer();
    if (tokenizer.idLimit > spec.vocabulary) {
      throw new Fault(
        'CHECKPOINT_INVALID',
        `the tokenizer of ${config.path} has ids up to ${tokenizer.idLimit - 1}, the model ${spec.vocabulary} embeddings`,
        {
          where: { source: config.path },
          hint: 'tokenizer and weights are not of the same model, or tokens were added without resizing the embeddings',
        },
      );
    }
    const prompts = new PromptMaker(tokenizer, promptOptions(config, contextLength, checkpoint.endIds));
    const shapes = decoderWeightShapes(spec);
    // Before the weights, so that a wrong adapter is told at once.
    const lora = loraOf(config);
    const start = config.adapter ? readAdapter(resolve(config.adapter), shapes) : lora && initialAdapter(shapes, lora, random.fork('lora'));
    const weights = checkpoint.weights();
    log.info(`${spec.family}, ${spec.layers} layers of width ${spec.hidden}, from ${weights.files.join(', ')}`);
    const decoder = Decoder.load(spec, weights);
    return new CausalLm(decoder, prompts, contextLength, { log, signal }, start && attachAdapter(decoder, start));
  }

  prepare(samples: readonly InstructionSample[], visual: number): TrainingPromptBatch {
    const prompts = samples.map((sample, i) => this.prompts.training(sample, visual, i));
    return trainingPromptBatch(prompts, visual, this.contextLength);
  }

  answerTokens({ weights }: HostBatch): number {
    return weightedRows(weights!);
  }

  loss(batch: Readonly<Record<string, Tensor>>, visual: Tensor3D): Scalar {
    const { ids, order, positions, rows, targets, weights, seed } = batch;
    return tensorflow().tidy(() => {
      const [count, length] = ids!.shape as [number, number];
      // Padding stands at the right, where causality keeps it out of sight.
      const sequences = { batch: count, length, positions: positions!, segments: null };
      const x = this.#embedded(ids!, visual, order!);
      const hidden = this.decoder.forward(x, sequences, { rows: rows!, dropoutSeed: seed });
      return crossEntropy(this.decoder.logits(hidden), targets!, weights!);
    });
  }

  async generate(samples: readonly InstructionSample[], visual: Tensor3D, { seed, ...options }: GenerateOptions): Promise<string[]> {
    const tf = tensorflow();
    const count = visual.shape[1];
    const prompts = samples.map((sample, i) => this.prompts.prompt(sample, count, i));
    const room = Math.min(options.maxNewTokens, this.contextLength - Math.max(...prompts.map(({ ids }) => ids.length)));
    const source = beamRows(prompts.length, options.beams);
    const host = generationPromptBatch(
      source.map((i) => prompts[i]!),
      count,
      this.contextLength - room,
    );
    const embeddings = tidy(() => {
      const { ids, order } = toTensors(host);
      return this.#embedded(ids!, tf.gather(visual, source), order!);
    });
    const length = host.ids.shape[1]!;
    const session = await this.#sessions.open({ embeddings, length, lengths: source.map((i) => prompts[i]!.ids.length) }, room - 1);
    embeddings.dispose();
    try {
      const answers = await generateTokens({
        session,
        prompts: prompts.map(({ ids, visualAt }) => ids.filter((_, place) => place < visualAt || place >= visualAt + count)),
        endIds: this.prompts.endIds,
        decode: (ids) => this.prompts.answer(ids),
        options: { ...options, maxNewTokens: room },
        randoms: sampleRandoms(samples, seed),
        signal: this.#signal,
      });
      return answers.map(({ text }) => text);
    } finally {
      session.dispose();
    }
  }

  /** Everything that is not a variable comes from the checkpoint that the config names. */
  state(): unknown {
    return null;
  }

  dispose(): void {
    this.#sessions.dispose();
    tensorflow().dispose(this.variables as Record<string, Variable>);
    this.decoder.dispose();
  }

  /** Rows of text and visual embeddings, [batch * length, hidden]. */
  #embedded(ids: Tensor, visual: Tensor, order: Tensor): Tensor {
    const tf = tensorflow();
    return this.decoder.splice(tf.reshape(ids, [-1]), tf.reshape(visual, [-1, this.decoder.spec.hidden]), order);
  }
}
