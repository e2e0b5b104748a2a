import type { Settings } from '../config/settings-schema.js';
import type { Log } from '../contracts/index.js';
import { chooseBackend, loadBackend, type BackendChoice, type TensorWork } from '../tensor/backend/index.js';
import { useTensorflow } from '../tensor/index.js';

/** Chooses and loads the tensor backend for this process and says what was chosen, why, and what it costs. */
export async function openBackend(
  { backend, require }: Settings['tensor'],
  log: Log,
  work: TensorWork = 'training',
): Promise<BackendChoice> {
  const choice = await chooseBackend({ backend, require: require === 'gpu' ? 'gpu' : undefined, work });
  useTensorflow(await loadBackend(choice));
  log.info(`tensor backend: ${choice.name}, ${choice.reason}`);
  if (choice.cost) log.warn(choice.cost);
  return choice;
}
