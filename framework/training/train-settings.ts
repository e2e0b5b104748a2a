/** How a model is tuned, in the config's own keys. */
export interface TrainSettings {
  /** How often every sample is seen; `steps` goes first where both are given. */
  epochs?: number;
  steps?: number;
  /** Samples a step. */
  batch: number;
  optimizer: {
    name: 'adamw';
    'learning-rate': number;
    betas: readonly [number, number];
    /** Decoupled; on all variables, as PyTorch does it. */
    'weight-decay': number;
    epsilon: number;
  };
  schedule: {
    name: 'constant' | 'cosine' | 'linear';
    /** Steps over which the learning rate rises from 0; the first step's is 0. */
    'warm-up': number;
    /** Share of the learning rate that is left at the end, 0..1. */
    final: number;
  };
  /** Largest global norm of the gradients; 0: no limit. */
  clip: number;
  /** auto: compiled into a graph where the backend can and the model lets itself be traced, else operation by operation. */
  engine: 'auto' | 'graph' | 'eager';
  /** Whether the first compiled step is held against an eager one. */
  'check-engine': boolean;
  auxiliary: AuxiliarySettings;
}

/**
 * A loss beside the captions' own. `caption-words`: the vector of each time step predicts which words stand in the caption's sentence on
 * its third of the clip. It uses no label beyond the captions.
 */
interface AuxiliarySettings {
  name: 'none' | 'caption-words';
  /** Steps that this loss alone trains, before the captions come in. */
  'steps-before': number;
  /** Factor on this loss beside the caption loss. */
  weight: number;
  /** Factor on the mean binary cross-entropy, always. */
  scale: number;
  /** Words in a larger share of the sentences than this tell nothing and are left out, 0..1. */
  'max-share': number;
}
