import { Fault } from '../faults/index.js';

/** The tfjs module, as its union package types it. */
export type Tensorflow = typeof import('@tensorflow/tfjs');

let loaded: Tensorflow | undefined;

/** Tells the library which tfjs module to work with; whoever loads a backend calls it once. */
export function useTensorflow(tf: Tensorflow): void {
  loaded = tf;
}

/** The tfjs module in use. Throws Fault BACKEND_MISSING before a backend has been loaded. */
export function tensorflow(): Tensorflow {
  if (!loaded) {
    throw new Fault('BACKEND_MISSING', 'no tensor backend has been loaded', {
      hint: 'load one before tensors are made: tensor.backend chooses it',
    });
  }
  return loaded;
}
