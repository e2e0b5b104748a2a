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

/** Runs that differ in nothing but the seed. */
export function settingsOf({ runs }: Pick<ExperimentPlan, 'runs'>): { label: string; runs: RunPlan[] }[] {
  const settings = new Map<string, RunPlan[]>();
  for (const run of runs) settings.set(run.label, [...(settings.get(run.label) ?? []), run]);
  return [...settings].map(([label, runs]) => ({ label, runs }));
}
