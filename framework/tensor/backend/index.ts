export type { BackendChoice, BackendDevice, BackendName, TriedBackend } from './backend-choice.js';
export { chooseBackend, loadBackend, type BackendWish } from './choose-backend.js';
export { threadEnvironment, type TensorWork } from './thread-table.js';
export type { Tf } from './union-module.js';
