import { createRequire } from 'node:module';
import util from 'node:util';

/** The `@tensorflow/tfjs` module: ops, gradients, layers and the backend registry. */
export type Tf = typeof import('@tensorflow/tfjs');

/** CommonJS resolution from here, so that every importer, ESM or not, meets one and the same instance. */
export const requireHere = createRequire(import.meta.url);

/** tfjs-node 4.22 calls two functions that Node 23 removed and that Node 22 prints a warning for; they are put in before it is loaded. */
function replaceRemovedUtils(): void {
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined, isArray: Array.isArray });
}

/** Loads `@tensorflow/tfjs` (about 0.15 s the first time). */
export function unionModule(): Tf {
  replaceRemovedUtils();
  return requireHere('@tensorflow/tfjs') as Tf;
}
