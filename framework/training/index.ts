export { loadCheckpoint, readCheckpointState, saveCheckpoint } from './checkpoint.js';
export { generateAll } from './generate-all.js';
export type { Model } from './model.js';
export { tune, type TuneStep } from './tune.js';
export type { PixelBlock, VisualSource } from './visual-source.js';
