/** How a model is tuned, in the config's own keys. What is optional has its default in `trainStages`. */
export interface TrainSettings {
  /** How often every sample is seen; `steps` goes first where both are given. */
  epochs?: number;
  steps?: number;
  /** Samples a step. */
  batch: number;
  /** In how many micro-batches the batch of a step is worked through: the same gradient in the memory of one of them. */
  accumulate?: number;
  batching?: Batching;
  optimizer: OptimizerSettings;
  schedule: ScheduleSettings;
  /** Largest global norm of the gradients; 0: no limit. */
  clip: number;
  auxiliary: AuxiliarySettings;
  /** In which numbers matrices are multiplied; all else, and what is kept, is float32. */
  precision?: Precision;
  /** auto: compiled into a graph where the backend can and the model lets itself be traced, else operation by operation. */
  engine?: 'auto' | 'graph' | 'eager';
  /** Whether the first compiled step is held against an eager one. */
  'check-engine'?: boolean;
  /** Patterns over names of variables: what is trained, and what of it is not. */
  trainable?: readonly string[];
  frozen?: readonly string[];
  /** By pattern, the last that matches: what differs for a part. */
  parts?: Readonly<Record<string, PartSettings>>;
  evaluate?: EvaluateSettings;
  /** Steps between checkpoints to go on from; 0: none. */
  'checkpoint-every'?: number;
  /** One after the other; each says what differs from the settings above. */
  stages?: readonly StageOverrides[];
}

/** Settings that differ in a stage, maps key by key. One that gives `epochs` alone counts by epochs. */
export type StageOverrides = { readonly name: string } & Omit<
  Partial<TrainSettings>,
  'stages' | 'optimizer' | 'schedule' | 'auxiliary' | 'evaluate'
> & {
    optimizer?: Partial<OptimizerSettings>;
    schedule?: Partial<ScheduleSettings>;
    auxiliary?: Partial<AuxiliarySettings>;
    evaluate?: Partial<EvaluateSettings>;
  };

/** How samples come together in batches. */
type Batching = 'shuffled' | 'length-buckets';

export type Precision = 'fp32' | 'bf16';

export interface OptimizerSettings {
  name: 'adamw' | 'sgd';
  'learning-rate': number;
  /** AdamW: decoupled; SGD: added to the gradient; on all variables, both as PyTorch does it. */
  'weight-decay': number;
  /** AdamW. */
  betas: readonly [number, number];
  epsilon: number;
  /** SGD. */
  momentum?: number;
  nesterov?: boolean;
}

export interface ScheduleSettings {
  name: 'constant' | 'cosine' | 'linear';
  /** Steps over which the learning rate rises from 0 (the first step's is 0), or, below 1, their share of all steps. */
  'warm-up': number;
  /** Share of the learning rate that is left at the end, 0..1. */
  final: number;
}

interface PartSettings {
  'learning-rate'?: number;
  'weight-decay'?: number;
}

/** The caption loss on samples that are not trained on. */
export interface EvaluateSettings {
  /** Steps from one to the next, counted in each stage; 0: never. */
  every: number;
  /** share: of the training clips, drawn by the seed; validation: the dataset's clips of that split. */
  from: 'share' | 'validation';
  /** Of the clips, 0..1. */
  share: number;
  /** Evaluations without a better loss after which the stage ends; 0: none. */
  patience: number;
  /** How much lower a loss must be to count as better. */
  'min-delta': number;
  /** How many checkpoints with the lowest losses are kept. */
  keep: number;
  /** What a stage ends with: the weights of its last step, or of its best evaluation. */
  restore: 'last' | 'best';
}

/**
 * A loss beside the captions' own. `caption-words`: the vector of each time step predicts which words stand in the caption's sentence on
 * its third of the clip. It uses no label beyond the captions.
 */
interface AuxiliarySettings {
  name: 'none' | 'caption-words';
  /** Steps that this loss alone trains, once, before the captions come in. */
  'steps-before': number;
  /** Factor on this loss beside the caption loss. */
  weight: number;
  /** Factor on the mean binary cross-entropy, always. */
  scale: number;
  /** Words in a larger share of the sentences than this tell nothing and are left out, 0..1. */
  'max-share': number;
}
