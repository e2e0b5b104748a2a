export type { BackendChoice, BackendName } from './backend-choice.js';
export { chooseBackend, loadBackend } from './choose-backend.js';
export { decodingPays, type TensorWork } from './thread-table.js';
