import { Fault } from '../../faults/index.js';

/** Whether an error is of the kind that passes: the server is not there, too slow or failing. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof Fault && error.code === 'RUNLOG_UNREACHABLE';
}
