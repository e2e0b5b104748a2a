import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../paths.js';
import { readMarker } from './kept-folder.js';

/** The release of MLflow that `mienlab setup` installs and mienlab is tested against. */
export const mlflowVersion = '3.17.2';

/** Its Python environment in the cache. */
export function mlflowFolder(): string {
  return join(cacheFolder(), 'mlflow', mlflowVersion);
}

/** The absolute path of the `mlflow` program that `mienlab setup` installed; undefined where it is not there or its Python has gone. */
export function mlflowExecutable(): string | undefined {
  const folder = mlflowFolder();
  const [program, python] = [join(folder, 'bin', 'mlflow'), join(folder, 'bin', 'python')];
  return readMarker(folder) && existsSync(program) && existsSync(python) ? program : undefined;
}
