import type { Log } from './context.js';
import type { HostArray } from './model.js';

/** A checkpoint with reference values beside it: golden.json and golden.safetensors, as tools/export-golden.py writes them. */
export interface GoldenFolder {
  folder: string;
  /** golden.json. */
  values: Readonly<Record<string, unknown>>;
  /** golden.safetensors; `read` gives the values as float32. */
  tensors: ReadonlyMap<string, { shape: readonly number[] }>;
  read(name: string): Float32Array;
}

/** One thing that was computed and held against its reference. It passes where `difference` is at most `tolerance`; it is Infinity where a value is NaN. */
export interface Comparison {
  what: string;
  difference: number;
  tolerance: number;
  /** What the difference is: the largest absolute one; that divided by the largest reference value; or a count of values that are not equal. */
  measure: 'absolute' | 'relative' | 'unequal';
}

/**
 * A hidden state [image, token, width] of the vision tower in a folder, of normalised pixels [image, colour, height, width]; layers count as
 * transformers' `hidden_states`, -1 being the last.
 */
export type HiddenStates = (folder: string, pixels: HostArray, layer: number) => Promise<HostArray>;

/** Shows that a plugin computes what the reference implementation does with a checkpoint. */
export interface CheckpointVerifier {
  /** Whether the plugin can be the model of this config.json. */
  accepts(config: Readonly<Record<string, unknown>>): boolean;
  /** Makes every comparison that the folder has reference values for, on the tensor backend in use. */
  verify(golden: GoldenFolder, context: VerifyContext): Promise<Comparison[]>;
  /** Encoders only: their half of a chain of vision tower, projector and LLM, which the LLM head verifies. */
  hiddenStates?: HiddenStates;
}

export interface VerifyContext {
  log: Log;
  signal: AbortSignal;
  /** By the encoder that can be the model in the folder. */
  hiddenStates?: HiddenStates;
}

/** Weights as a checkpoint of mienlab keeps them: float32, by the names of the part's variables. */
export type TunedWeights = Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>;

/** Gives what a part has learned to others, in the form that the reference implementation reads. */
export interface CheckpointExporter {
  /**
   * Writes a folder: an adapter on its own where one was tuned, with `merged` the whole model with what was learned in it. `config` is the part's
   * config in the run. A folder that is there is replaced, but not before the new one is whole. Gives what it wrote, in words.
   */
  export(weights: TunedWeights, config: Readonly<Record<string, unknown>>, target: { folder: string; merged: boolean }): Promise<string>;
}
