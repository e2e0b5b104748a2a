import { createRequire } from 'node:module';
import util from 'node:util';

/** The `@tensorflow/tfjs` module: ops, gradients, layers and the backend registry. */
export type Tf = typeof import('@tensorflow/tfjs');

/** CommonJS resolution from here, so that every importer, ESM or not, meets one and the same instance. */
export const requireHere = createRequire(import.meta.url);

/** tfjs-node 4.22 calls two functions that Node 23 removed; they are put back before it is loaded. */
function restoreRemovedUtils(): void {
  const old = util as unknown as Record<string, unknown>;
  old['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  old['isArray'] ??= Array.isArray;
}

/** Loads `@tensorflow/tfjs` (about 0.15 s the first time). */
export function unionModule(): Tf {
  restoreRemovedUtils();
  return requireHere('@tensorflow/tfjs') as Tf;
}
