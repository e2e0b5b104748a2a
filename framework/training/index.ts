export { loadCheckpoint, readCheckpointState, saveCheckpoint } from './checkpoint.js';
export { evaluateLoss } from './evaluate.js';
export { generateAll, type GenerateAllOptions } from './generate-all.js';
export type { Model } from './model.js';
export type { TrainSettings } from './train-settings.js';
export { tune, type TuneInputs, type TuneResult, type TuneStep } from './tune.js';
export type { PixelBlock, VisualSource } from './visual-source.js';
