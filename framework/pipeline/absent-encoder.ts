import type { Encoder } from '../contracts/index.js';
import { Fault } from '../faults/index.js';

/** Stands in a model for an encoder without variables, once all clips have their tokens: nothing is left for it to do. */
export const absentEncoder: Encoder = {
  variables: {},
  encode: () => {
    throw new Fault('PLUGIN_FAILED', 'the encoder was disposed of when all clips had their tokens');
  },
  dispose: () => {},
};
