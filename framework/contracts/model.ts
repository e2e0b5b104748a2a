import type { Scalar, Tensor, Tensor3D, Tensor4D, Tensor5D, Variable } from '@tensorflow/tfjs';
import type { Conversation, Turn } from './clip.js';

/** Trainable variables by name, unique within their part. The framework prefixes them with the part's kind. */
export type Variables = Readonly<Record<string, Variable>>;

/** A part of a model that training may change. */
export interface ModelPart {
  readonly variables: Variables;
  dispose(): void;
}

/** What an encoder sees of a batch of clips. Pixels are 0..255, RGB, float32. */
export interface VisualInput {
  /** [clip, time, height, width, 3]. */
  frames: Tensor5D;
  /** The principal face's crops [clip, time, height, width, 3], black where there is no face; null for a run without faces. */
  faces: Tensor5D | null;
}

/** An encoder's answer: tokens of every frame, and of every crop where there are crops. Times and widths of the two may differ. */
export interface VisualTokens {
  /** [clip, time, token, width]. */
  frames: Tensor4D;
  /** [clip, time, token, width]. */
  faces: Tensor4D | null;
}

/** `VisualInput` as bytes: `frames` and `faces` are [clip, time, height, width, 3], 0..255. */
export interface VisualBytes {
  frames: HostArray;
  faces: HostArray | null;
}

/** `VisualTokens` outside the tensor library: float32 [clip, time, token, width]. */
export interface VisualFeatures {
  frames: HostArray;
  faces: HostArray | null;
}

/** Calls are differentiable with regard to the part's variables and leave nothing behind but what they return. */
export interface Encoder extends ModelPart {
  /** True where an image's tokens depend on that image alone: frames and crops of a clip may then be encoded apart from each other. */
  readonly perImage?: boolean;
  encode(input: VisualInput): VisualTokens;
  /** Instead of `encode`, for an encoder that no gradient passes through, because it computes elsewhere (ONNX, say) or because it is frozen. */
  extract?(input: VisualBytes): Promise<VisualFeatures>;
}

/** Visual tokens as an LLM head takes them. */
export interface VisualEmbeddings {
  /** [clip, token, hidden]: what goes before the text. */
  sequence: Tensor3D;
  /** [clip, step, hidden]: one vector a time step that the projector leaves, from the faces where there are faces, else from the frames; what an auxiliary loss looks at. */
  steps: Tensor3D;
}

export interface Projector extends ModelPart {
  project(tokens: VisualTokens): VisualEmbeddings;
}

/** One question about a clip and its answer. */
export interface InstructionSample {
  /** Index of the clip in the batch's visual embeddings is the sample's own position. */
  instruction: string;
  /** Empty for generation. */
  answer: string;
  /** What was asked and answered before, in order. What is seen of the clip stands before the first of all questions. */
  earlier?: readonly Turn[];
  /** A system message before all turns, in place of the LLM head's own. */
  system?: string;
  /** Whether the answers of earlier turns are learnt too. Default `last-answer`: they are not. */
  learn?: Conversation['learn'];
  /** How often it is drawn in an epoch, above 0; once where absent. */
  weight?: number;
  /** The clip's id, for faults. */
  clip?: string;
}

export interface GenerateOptions {
  maxNewTokens: number;
  /** 0: greedy. */
  temperature: number;
  /** 0: all of the vocabulary. */
  topK: number;
  /** Keep the smallest set of tokens with at least this probability, 0..1; 1: all. */
  topP: number;
  /** Above 1 tokens of the prompt and of what was generated become less likely. Default 1: no penalty. */
  repetitionPenalty?: number;
  /** Sequences that beam search follows at a time, with temperature 0. Default 1: no search. */
  beams?: number;
  /** Of beam search: scores are divided by the length to this power. Default 1. */
  lengthPenalty?: number;
  /** An answer ends before the first of these texts. */
  stop?: readonly string[];
  /** With a sample's clip and instruction this settles its draws, whatever the batch that it lies in. */
  seed: number;
}

/** Numbers on their way into a tensor; bytes become float32. */
export interface HostArray {
  data: Float32Array | Int32Array | Uint8Array;
  shape: readonly number[];
}

/** A batch by the names of its arrays. Batches of the same names and shapes go through the same computation, which may be compiled once for all. */
export type HostBatch = Readonly<Record<string, HostArray>>;

export interface LlmHead extends ModelPart {
  /** The samples as `loss` reads them, in few different shapes. `visual` is the number of visual embeddings before the text of each. */
  prepare(samples: readonly InstructionSample[], visual: number): HostBatch;
  /** How many tokens of answers the loss of this batch (of `prepare`) is a mean over: micro-batches are weighed by it. */
  answerTokens(batch: HostBatch): number;
  /**
   * Mean cross-entropy in nats over the tokens of the learnt answers alone. `batch` holds the tensors of `prepare` (it depends on nothing else of the
   * samples, and reads no tensor's values), `visual` is [sample, token, hidden]. Differentiable. In a training step the framework adds `seed`,
   * an int32 scalar that differs from step to step: all randomness, such as dropout, is settled by it, and without it there is none.
   */
  loss(batch: Readonly<Record<string, Tensor>>, visual: Tensor3D): Scalar;
  /** One answer per sample. */
  generate(samples: readonly InstructionSample[], visual: Tensor3D, options: GenerateOptions): Promise<string[]>;
  /** What a checkpoint must keep beside the variables (a tokenizer, say), as JSON. */
  state(): unknown;
}
