import type { Tensor, Variable } from '@tensorflow/tfjs';
import type { StoredTensor } from '../tensor/index.js';
import { AdamW } from './adamw.js';
import { Sgd } from './sgd.js';
import type { OptimizerSettings } from './train-settings.js';

/** Updates the variables it was made for; one for each group of variables. */
export interface Optimizer {
  /**
   * One update. `gradients` lie parallel to the variables (null: untouched) and are left to the caller; `gradientScale` multiplies them.
   */
  apply(gradients: readonly (Tensor | null)[], update: { learningRate: number; gradientScale: number }): void;
  /** All that an update depends on beside variables and rate, by `<variable>/<what>`. */
  state(): Promise<OptimizerState>;
  /** Takes back what `state` gave. Throws Fault CHECKPOINT_INVALID where it is not of these variables. */
  restore(state: OptimizerState): void;
  dispose(): void;
}

/** What an optimiser keeps of each variable from step to step, in the variable's shape. */
export function slotNames({ name, momentum }: Pick<Required<OptimizerSettings>, 'name' | 'momentum'>): readonly string[] {
  if (name === 'adamw') return ['m', 'v'];
  return momentum > 0 ? ['velocity'] : [];
}

export type OptimizerState = Readonly<Record<string, StoredTensor>>;

/** The learning rate in the settings is not looked at: every update is given its own. */
export function makeOptimizer(
  variables: Readonly<Record<string, Variable>>,
  settings: Required<Omit<OptimizerSettings, 'learning-rate'>>,
): Optimizer {
  return settings.name === 'adamw' ? new AdamW(variables, settings) : new Sgd(variables, settings);
}
