import type { Dataset, EventGrammar } from './clip.js';
import type { PluginContext } from './context.js';
import type { Detector, Tracker } from './face.js';
import type { Judge, Metric } from './metric.js';
import type { Encoder, LlmHead, Projector } from './model.js';
import type { Port } from './port.js';
import type { CheckpointExporter, CheckpointVerifier } from './verification.js';

/** What `create` returns, by kind. */
export interface PluginInstances {
  dataset: Dataset;
  detector: Detector;
  tracker: Tracker;
  encoder: Encoder;
  projector: Projector;
  'llm-head': LlmHead;
  metric: Metric;
  judge: Judge;
}

interface EncoderPorts {
  ports: { frames: Port; faces: Port | null };
}

/** An encoder whose block stands in another encoder's, as far as it is known before anything is made. */
export interface NestedEncoder {
  name: string;
  input(): EncoderInput;
  produces(consumed: Readonly<Record<string, Port>>): Port;
  frozen(): boolean;
}

/** What `create` is given from its neighbours, by kind. Dimensions of ports have been checked before. */
export interface PluginInputs {
  /** `onError`: whether entries that cannot be used are left out with a warning, or end it; `fail` where absent. */
  dataset: { onError?: 'skip' | 'fail' };
  detector: Record<never, never>;
  tracker: Record<never, never>;
  /** `nested` are the encoders that the manifest names; whoever has one made holds its variables and disposes of it. */
  encoder: EncoderPorts & { nested?: Readonly<Record<string, NestedEncoder & { create(inputs: EncoderPorts): Promise<Encoder> }>> };
  projector: { ports: { tokens: Port; hidden: number } };
  /** `corpus` are the training captions and instructions; `state` is what a checkpoint kept of `LlmHead.state()`. */
  'llm-head': { ports: { embeddings: Port }; corpus: readonly string[]; state?: unknown };
  metric: { judge: Judge | null; grammar: EventGrammar | null };
  judge: { grammar: EventGrammar | null };
}

export type PluginKind = keyof PluginInstances;

/** What a metric cannot do without (`ratings`: a judge that rates); where it is missing the metric is skipped and the reason is shown, never scored 0. */
export type MetricNeed = 'references' | 'truth' | 'emotion' | 'judge' | 'ratings' | 'grammar' | 'principal';

/** A JSON Schema (draft 7) of type object: every property described, with a default or required, and no unknown ones. */
export interface ConfigSchema {
  type: 'object';
  additionalProperties: false;
  properties: Record<string, Record<string, unknown> & { description: string }>;
  required?: readonly string[];
}

/** The config a plugin gets: its block, checked against its schema, defaults filled in. */
export type PluginConfig = Readonly<Record<string, unknown>>;

export interface OptionalPackage {
  name: string;
  /** A semver range. */
  version: string;
  why: string;
}

/** Resampling kernels, antialiased as Pillow's. */
export type ImageFilter = 'bilinear' | 'bicubic' | 'lanczos';

/**
 * How an image comes to a size of another shape: `stretch` it; scale its shorter edge to so many pixels and cut out the middle, with black around
 * it where that is larger (CLIP's way); or pad it to a square with a colour, 0..255, then scale (LLaVA's way; the size must be a square).
 */
export type ImageFit = 'stretch' | { shortestEdge: number } | { pad: readonly [number, number, number] };

/** A size in pixels, and how an image gets there. */
export interface ImageSize {
  height: number;
  width: number;
  /** Default: stretch. */
  fit?: ImageFit;
  /** Default: bilinear. */
  filter?: ImageFilter;
}

/** Sizes an encoder wants its input in; the framework resizes and crops to them. A face's crop is a square of the frame, so nothing is left to fit. */
export interface EncoderInput {
  frame: ImageSize;
  face: Omit<ImageSize, 'fit'>;
}

export interface PluginManifest<Kind extends PluginKind = PluginKind> {
  kind: Kind;
  /** kebab-case, unique in its kind. */
  name: string;
  /** Semantic version; part of every cache key. */
  version: string;
  /** Version of the contracts it was written against. */
  contract: 1;
  /** One sentence. */
  summary: string;
  config: ConfigSchema;
  /** Types of the ports it reads. Before a detector stand `clips` and `frames` as decoded; before an encoder `frames` as it wants them, `tracks` and, in a run with faces, `faces`; before a projector `visual-tokens` and `llm-head` {hidden}. */
  consumes: readonly string[];
  /**
   * What it gives, as a port; dimensions may depend on the config and on the ports before it, given by type. A projector may leave `hidden`
   * null: it then takes the LLM head’s. Throws Fault PORT_MISMATCH where things do not fit.
   */
  produces(config: PluginConfig, consumed: Readonly<Record<string, Port>>, nested?: Readonly<Record<string, NestedEncoder>>): Port;
  /**
   * Encoders only: options that hold the block of another encoder, its name and its own options, or null. The framework checks them and hands
   * over what they name (not what is null), by option.
   */
  nested?: readonly string[];
  /** Encoders only: the sizes it wants. */
  input?: (config: PluginConfig, nested?: Readonly<Record<string, NestedEncoder>>) => EncoderInput;
  /** Encoders only: true where nothing of it can be trained with this config. Its tokens are then computed once a clip, and kept. */
  frozen?: (config: PluginConfig, nested?: Readonly<Record<string, NestedEncoder>>) => boolean;
  /** Metrics and judges only. */
  needs?: readonly MetricNeed[];
  /** LLM heads only: longest sequence (visual and text tokens) and embedding width, from the config. */
  limits?: (config: PluginConfig) => { contextLength: number; hidden: number };
  /** LLM heads only: `prepare` without the weights, to look at samples before a run. `corpus` as in `create`. */
  preparer?: (
    context: Pick<PluginContext, 'random' | 'resolve' | 'signal'>,
    config: PluginConfig,
    corpus: readonly string[],
  ) => Pick<LlmHead, 'prepare'> | Promise<Pick<LlmHead, 'prepare'>>;
  /** For a plugin that loads checkpoints of others: proves that it computes what they do (`mienlab verify checkpoint`). */
  verifier?: CheckpointVerifier;
  /** LLM heads only: writes what was tuned for others to read. */
  exporter?: CheckpointExporter;
  /** tfjs kernels beyond the common ones that a backend must have; checked before the run. */
  kernels?: readonly string[];
  optionalPackages?: readonly OptionalPackage[];
  /** True: the same inputs give the same output, so it may be cached. */
  deterministic: boolean;
  citation?: string;
  licence: { code: string; weights?: string };
  create(context: PluginContext, config: PluginConfig, inputs: PluginInputs[Kind]): PluginInstances[Kind] | Promise<PluginInstances[Kind]>;
}

export type AnyPlugin = { [Kind in PluginKind]: PluginManifest<Kind> }[PluginKind];
