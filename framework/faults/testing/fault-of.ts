import { Fault } from '../fault.js';

/** For tests: the fault that a promise is rejected with, or that a call throws; any other end is an error. */
export function faultOf(work: Promise<unknown>): Promise<Fault>;
export function faultOf(work: () => unknown): Fault;
export function faultOf(work: Promise<unknown> | (() => unknown)): Fault | Promise<Fault> {
  if (work instanceof Promise) return work.then(() => faultOf(() => undefined), asFault);
  try {
    work();
  } catch (error) {
    return asFault(error);
  }
  throw new Error('no fault was thrown');
}

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  throw error;
}
