import convict, { type Schema } from 'convict';
import type { Claim } from '../compare/comparison.js';
import type { TrainSettings } from '../training/train-settings.js';

/** A chosen plugin's block: its name and its own config, which the plugin's JSON Schema checks. */
export type PluginBlock = Readonly<Record<string, unknown>> & { readonly name: string };

/** All settings of one run; plugin blocks stand beside them. */
export interface Settings {
  name: string;
  title: string;
  checkpoint: string;
  seed: number;
  data: PluginBlock & { 'on-error': 'skip' | 'fail' };
  detector: PluginBlock;
  tracker: PluginBlock;
  encoder: PluginBlock;
  projector: PluginBlock;
  'llm-head': PluginBlock;
  judge: PluginBlock | null;
  metrics: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  video: { frames: number; sampling: 'uniform' | 'fps'; fps: number; 'max-side': number };
  crop: { margin: number };
  encode: { keep: 'float32' | 'float16' | 'none' };
  train: Required<TrainSettings>;
  generate: {
    batch: number;
    'max-new-tokens': number;
    temperature: number;
    'top-k': number;
    'top-p': number;
    'repetition-penalty': number;
    beams: number;
    'length-penalty': number;
    stop: string[];
    process: 'auto' | 'own' | 'same';
  };
  tensor: { backend: 'auto' | 'tensorflow' | 'webgpu' | 'wasm' | 'cpu'; require: 'none' | 'gpu' };
  runlog: { 'tracking-uri': string; experiment: string; 'system-metrics': boolean };
  compare: { resamples: number; samples: number; 'break-down': string[]; claims: readonly Claim[] };
  cache: 'use' | 'refresh' | 'off';
  sweep: Readonly<Record<string, unknown>>;
}

const number =
  (least: number, most: number, exclusive = false) =>
  (value: unknown) => {
    const low = exclusive ? Number(value) <= least : Number(value) < least;
    if (typeof value !== 'number' || Number.isNaN(value) || low || value > most) {
      throw new Error(`must be a number ${exclusive ? 'above' : 'of at least'} ${least}${most === Infinity ? '' : ` and at most ${most}`}`);
    }
  };
const integer = (least: number) => (value: unknown) => {
  if (!Number.isInteger(value) || (value as number) < least) throw new Error(`must be an integer of at least ${least}`);
};
/** convict takes a map whole only under this format; it descends into any other. */
const map = Object;
const betas = (value: unknown) => {
  if (!Array.isArray(value) || value.length !== 2 || value.some((beta) => typeof beta !== 'number' || beta < 0 || beta >= 1)) {
    throw new Error('must be two numbers of at least 0 and below 1');
  }
};
const strings = (value: unknown) => {
  if (!Array.isArray(value) || value.some((entry) => typeof entry !== 'string')) throw new Error('must be a list of strings');
};
const warmUp = (value: unknown) => {
  if (typeof value !== 'number' || !(value >= 0) || (value >= 1 && !Number.isInteger(value))) {
    throw new Error('must be a number of steps, or a share of them below 1');
  }
};
const stageList = (value: unknown) => {
  if (!Array.isArray(value)) throw new Error('must be a list of stages');
  const names = value.map((stage) => (Object(stage) as Record<string, unknown>)['name']);
  if (names.some((name) => typeof name !== 'string' || !/^[A-Za-z0-9_-]+$/.test(name)) || new Set(names).size < names.length) {
    throw new Error('must be a list of stages, each with a name of its own made of letters, digits, - and _');
  }
};
const claims = (value: unknown) => {
  if (!Array.isArray(value)) throw new Error('must be a list of claims');
  for (const claim of value as Record<string, unknown>[]) {
    const missing = ['statement', 'score', 'setting', 'against'].find((key) => claim[key] === undefined);
    if (missing) throw new Error(`must be a list of claims with statement, score, setting and against; one lacks ${missing}`);
    strings(claim['against']);
  }
};
const text = (value: unknown) => {
  if (typeof value !== 'string') throw new Error('must be a text');
};

/** Only blocks and the sweep come without a useful default: an experiment's defaults list chooses them. */
const none = null as never;

/** Every run setting with what it means, its range, its default, and the environment variable and argument that set it. */
export const settingsSchema: Schema<Settings> = {
  name: { doc: 'Name of the experiment', format: text, default: 'experiment' },
  title: { doc: 'What the experiment asks, for people: heads the report', format: text, default: '' },
  checkpoint: {
    doc: 'Folder of a checkpoint that the model starts from, such as one of an earlier run; empty: fresh weights',
    format: text,
    default: '',
  },
  seed: { doc: 'Seed of everything random in a run', format: integer(0), default: 0 },
  data: { doc: 'The dataset; `on-error` says what a clip that cannot be used does: skip it or fail the run', format: map, default: none },
  detector: { doc: 'The face detector', format: map, default: none },
  tracker: { doc: 'The face tracker', format: map, default: none },
  encoder: { doc: 'The visual encoder', format: map, default: none },
  projector: { doc: 'The projector from visual tokens to LLM embeddings', format: map, default: none },
  'llm-head': { doc: 'The LLM head', format: map, default: none },
  judge: { doc: 'The judge that reads events for metrics, or null', format: map, nullable: true, default: null },
  metrics: { doc: 'Metrics by name, each with its config', format: map, default: {} },
  video: {
    frames: { doc: 'Frames sampled from each clip; with sampling fps the most', format: integer(1), default: 8 },
    sampling: { doc: 'uniform: midpoints of equal segments; fps: at a fixed rate', format: ['uniform', 'fps'], default: 'uniform' },
    fps: { doc: 'Frames a second with sampling fps', format: number(0, 1000, true), default: 2 },
    'max-side': { doc: 'Decode no larger than this, pixels; 0: as the video is', format: integer(0), default: 0 },
  },
  crop: {
    margin: { doc: 'Side of the square face crop over the larger side of the face box', format: number(0.5, 10), default: 1.3 },
  },
  encode: {
    keep: {
      doc: 'Numbers in which the tokens of a frozen encoder are kept, made once a clip; none: it runs in every step',
      format: ['float32', 'float16', 'none'],
      default: 'float32',
    },
  },
  train: {
    epochs: { doc: 'How often every training clip is seen; 0 with steps 0: no tuning', format: number(0, 1e6), default: 6 },
    steps: { doc: 'Optimiser steps on the caption loss; 0: by epochs', format: integer(0), default: 0 },
    batch: { doc: 'Samples a step', format: integer(1), default: 8 },
    accumulate: {
      doc: 'Micro-batches in which the batch of a step is worked through: the same gradient in the memory of one',
      format: integer(1),
      default: 1,
    },
    batching: {
      doc: 'shuffled: batches at random; length-buckets: of samples of like length, so that little is padded',
      format: ['shuffled', 'length-buckets'],
      default: 'shuffled',
    },
    precision: {
      doc: 'fp32, or bf16 for matrix products alone; what is kept is float32',
      format: ['fp32', 'bf16'],
      default: 'fp32',
    },
    trainable: {
      doc: 'Patterns of the variables that are trained, such as projector or llm-head/blocks.1',
      format: strings,
      default: ['*'],
    },
    frozen: { doc: 'Patterns of those of them that are not', format: strings, default: [] },
    parts: {
      doc: 'By pattern, the last that matches: learning-rate and weight-decay of a part where they differ from the optimizer’s',
      format: map,
      default: {},
    },
    clip: { doc: 'Largest global norm of the gradients; 0: no clipping', format: number(0, Infinity), default: 1 },
    engine: {
      doc: 'auto: steps compiled into a graph where the backend can, else operation by operation; graph: compiled or fail; eager: never compiled',
      format: ['auto', 'graph', 'eager'],
      default: 'auto',
    },
    'check-engine': { doc: 'Hold the first compiled step against an eager one', format: Boolean, default: true },
    optimizer: {
      name: { doc: 'Optimiser', format: ['adamw', 'sgd'], default: 'adamw' },
      'learning-rate': { doc: 'Peak learning rate', format: number(0, 10), default: 2e-3 },
      betas: { doc: 'AdamW: decay of the first and second moment', format: betas, default: [0.9, 0.98] },
      epsilon: { doc: 'AdamW: added to the root of the second moment (as PyTorch does)', format: number(0, 1), default: 1e-8 },
      'weight-decay': { doc: 'Weight decay: AdamW decoupled, SGD added to the gradient', format: number(0, 1), default: 0.05 },
      momentum: { doc: 'SGD: share of the velocity that is left a step later', format: number(0, 1), default: 0 },
      nesterov: { doc: 'SGD: Nesterov’s momentum', format: Boolean, default: false },
    },
    schedule: {
      name: { doc: 'Learning rate after the warm-up', format: ['cosine', 'linear', 'constant'], default: 'cosine' },
      'warm-up': { doc: 'Steps of linear warm-up; below 1 their share of the steps', format: warmUp, default: 40 },
      final: { doc: 'Learning rate at the end over its peak', format: number(0, 1), default: 0.05 },
    },
    evaluate: {
      every: { doc: 'Steps from one evaluation on held-out samples to the next; 0: none', format: integer(0), default: 0 },
      from: {
        doc: 'share: a share of the training clips, not trained on then; validation: the clips of that split',
        format: ['share', 'validation'],
        default: 'share',
      },
      share: { doc: 'Share of the training clips that is held out', format: number(0, 0.9, true), default: 0.1 },
      patience: { doc: 'Evaluations without a better loss that end a stage; 0: any', format: integer(0), default: 0 },
      'min-delta': { doc: 'How much lower a loss must be to be better', format: number(0, 100), default: 0 },
      keep: { doc: 'Checkpoints kept of the evaluations with the lowest loss', format: integer(1), default: 1 },
      restore: {
        doc: 'What a stage ends with: the last step’s weights, or the best evaluation’s',
        format: ['last', 'best'],
        default: 'last',
      },
    },
    'checkpoint-every': {
      doc: 'Steps from one checkpoint to the next, which an interrupted training goes on from; 0: only where it is interrupted',
      format: integer(0),
      default: 200,
    },
    auxiliary: {
      name: {
        doc: 'caption-words: each time step predicts the words of the caption’s part it lies in; the same for all rows of a sweep',
        format: ['none', 'caption-words'],
        default: 'none',
      },
      'steps-before': { doc: 'Steps on the auxiliary loss alone, once, before the caption loss', format: integer(0), default: 200 },
      weight: { doc: 'Weight beside the caption loss', format: number(0, 100), default: 0.5 },
      scale: { doc: 'Factor on the binary cross-entropy', format: number(0, 1000), default: 10 },
      'max-share': { doc: 'Words in more than this share of all parts are left out', format: number(0, 1, true), default: 0.3 },
    },
    stages: { doc: 'Stages one after the other: each a name and whatever of train differs in it', format: stageList, default: [] },
  },
  generate: {
    batch: { doc: 'Clips generated together', format: integer(1), default: 32 },
    'max-new-tokens': { doc: 'Longest answer, tokens', format: integer(1), default: 96 },
    temperature: { doc: '0: greedy', format: number(0, 100), default: 0 },
    'top-k': { doc: 'Sample from the k most likely tokens; 0: from all', format: integer(0), default: 0 },
    'top-p': { doc: 'Sample from the smallest set of this probability', format: number(0, 1, true), default: 1 },
    'repetition-penalty': {
      doc: 'Above 1 tokens of the prompt and of what was generated become less likely; 1: no penalty',
      format: number(0, 100, true),
      default: 1,
    },
    beams: { doc: 'Sequences that beam search follows at a time, with temperature 0; 1: no search', format: integer(1), default: 1 },
    'length-penalty': { doc: 'Beam search divides scores by the length to this power', format: number(-10, 10), default: 1 },
    stop: { doc: 'An answer ends before the first of these texts', format: strings, default: [] },
    process: {
      doc: 'own: in a process of its own, with the threads that suit decoding; same: in the run’s; auto: where that pays',
      format: ['auto', 'own', 'same'],
      default: 'auto',
    },
  },
  tensor: {
    backend: {
      doc: 'Tensor backend',
      format: ['auto', 'tensorflow', 'webgpu', 'wasm', 'cpu'],
      default: 'auto',
      env: 'MIENLAB_BACKEND',
      arg: 'backend',
    },
    require: { doc: 'gpu: fail where the backend has none', format: ['none', 'gpu'], default: 'none', arg: 'require' },
  },
  runlog: {
    'tracking-uri': {
      doc: 'Address of an MLflow server; empty: one is started for the run; none: journal only',
      format: text,
      default: '',
      env: 'MLFLOW_TRACKING_URI',
      arg: 'tracking-uri',
    },
    experiment: {
      doc: 'Experiment in MLflow; empty: mienlab/NAME',
      format: text,
      default: '',
      env: 'MLFLOW_EXPERIMENT_NAME',
    },
    'system-metrics': { doc: 'Log processor, memory, disk, network and GPU', format: Boolean, default: true },
  },
  compare: {
    resamples: { doc: 'Bootstrap resamples of the clips', format: integer(100), default: 10000 },
    samples: { doc: 'Sample clips shown in the report', format: integer(0), default: 6 },
    'break-down': { doc: 'Scores broken down by clip kind; those of no such name are passed over', format: strings, default: ['events'] },
    claims: { doc: 'What the experiment set out to show, each tested as stated', format: claims, default: [] },
  },
  cache: {
    doc: 'use: take finished stages from the cache; refresh: make them anew; off: keep nothing',
    format: ['use', 'refresh', 'off'],
    default: 'use',
    arg: 'cache',
  },
  sweep: { doc: 'Axes of a sweep: config key to a list of values', format: map, default: {} },
};

/** Keys that hold the block of a chosen plugin. */
export const blockKeys = ['data', 'detector', 'tracker', 'encoder', 'projector', 'llm-head', 'judge'] as const;

/** Keys whose content belongs to plugins (or to a sweep) and not to this schema. */
export const openKeys: readonly string[] = [...blockKeys, 'metrics', 'sweep'];

/** A convict instance over the schema; `args` are command-line arguments such as `--backend wasm`. */
export function settingsConvict(env: NodeJS.ProcessEnv, args: string[]): convict.Config<Settings> {
  return convict(settingsSchema, { env, args });
}
