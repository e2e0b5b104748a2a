export type { BackendChoice, BackendName } from './backend-choice.js';
export { chooseBackend, loadBackend } from './choose-backend.js';
export { decodingWork, type TensorWork } from './thread-table.js';
