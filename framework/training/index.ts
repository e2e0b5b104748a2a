export { loadCheckpoint, readCheckpointState, saveCheckpoint } from './checkpoint.js';
export { holdOut } from './hold-out.js';
export { checkEngine } from './make-engine.js';
export { trainStages } from './train-stages.js';
export { generateAll } from './generate-all.js';
export type { Model } from './model.js';
export { clearProgress, tune } from './tune.js';
export type { TuneStep } from './tune-step.js';
export type { PixelBlock, VisualSource } from './visual-source.js';
