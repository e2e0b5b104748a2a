import type { Settings } from '../config/settings-schema.js';
import type { RunPlan } from './run-plan.js';

/** A whole experiment, composed and checked: nothing of it has been started. */
export interface ExperimentPlan {
  /** Of the first run; a sweep does not change what belongs to the experiment as a whole. */
  settings: Settings;
  /** One a point of the sweep, in order: the first setting is the one that others are compared with. */
  runs: readonly RunPlan[];
  /** Swept keys without the seed; empty for a single run. */
  axes: readonly string[];
  /** As the user named it. */
  source: string;
}
