import { existsSync } from 'node:fs';
import { mlflowExecutable as installed } from '../setup/mlflow-executable.js';

/** The `mlflow` program: MIENLAB_MLFLOW, else what `mienlab setup` installed; undefined where there is none. */
export function mlflowExecutable(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['MIENLAB_MLFLOW'];
  if (named) return existsSync(named) ? named : undefined;
  return installed();
}
