import { exitCodes, type FaultCode } from './fault-codes.js';

/** A place in a text: 1-based line and column. `source` is a file relative to where the user stands, or what else it came from. */
export interface Place {
  source: string;
  line?: number;
  column?: number;
}

export interface FaultDetails {
  /** Where it happened: a place in a config, a clip, a frame (0-based), a tensor, a run; whatever is known. */
  where?: Place;
  clip?: string;
  frame?: number;
  tensor?: string;
  /** The dotted config key concerned. */
  key?: string;
  /** The offending text, and where in it the trouble starts and how long it is (UTF-16 units). */
  excerpt?: { text: string; start: number; length: number };
  expected?: string;
  nearest?: string;
  known?: readonly string[];
  /** What to do, one sentence. */
  hint?: string;
  cause?: unknown;
}

/** Everything that mienlab tells a user about bad input or a failed dependency. The code is stable; the message is not. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly details: FaultDetails;

  constructor(code: FaultCode, message: string, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** 1 the run failed, 2 config, 3 a plugin or something it needs, 4 run log, 130 interrupted. */
  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/** Several faults found together; thrown once, shown together. */
export class FaultList extends Error {
  override readonly name = 'FaultList';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map((fault) => fault.message).join('; '));
    this.faults = faults;
  }

  get exitCode(): number {
    return this.faults[0]?.exitCode ?? 1;
  }
}
