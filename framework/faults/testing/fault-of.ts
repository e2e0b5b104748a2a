import { Fault } from '../../faults/index.js';

/** The fault that a promise is rejected with; any other end is an error. */
export async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('no fault was thrown');
}
