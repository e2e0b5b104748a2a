import { EagerEngine } from './eager-engine.js';
import type { StepEngine, StepEngineOptions } from './step-engine.js';
import { trainStages } from './train-stages.js';
import type { TrainSettings } from './train-settings.js';

/** The engine for a stage. */
export function makeEngine(options: StepEngineOptions): StepEngine {
  return new EagerEngine(options);
}

/** Throws Fault CONFIG_VALUE where the engine of the backend in use cannot do what the settings ask of it: to be called before any work. */
export function checkEngine(settings: TrainSettings): void {
  for (const { precision } of trainStages(settings)) EagerEngine.check(precision);
}
