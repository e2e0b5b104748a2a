import { Fault, type FaultCode, type FaultDetails } from '../../faults/index.js';

/** An error as it goes from one process to another. */
export interface ErrorData {
  message: string;
  stack: string | undefined;
  /** Of a Fault. */
  code?: FaultCode;
  details?: FaultDetails;
}

/** What can be sent of an error: of a Fault all but its causes' classes. */
export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined };
  const { message, stack } = error;
  if (!(error instanceof Fault)) return { message, stack };
  const { cause, ...details } = error.details;
  return { message, stack, code: error.code, details: { ...details, ...(cause !== undefined && { cause: errorData(cause) }) } };
}

/** The error again: a Fault with code, message and details, or an Error. */
export function errorFromData({ message, stack, code, details }: ErrorData): Error {
  const error = code === undefined ? new Error(message) : new Fault(code, message, withCause(details));
  if (stack !== undefined) error.stack = stack;
  return error;
}

function withCause({ cause, ...details }: FaultDetails = {}): FaultDetails {
  return { ...details, ...(cause !== undefined && { cause: errorFromData(cause as ErrorData) }) };
}
