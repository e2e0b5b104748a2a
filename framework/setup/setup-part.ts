import type { PackageIndex } from './package-index.js';
import type { ProgressLine } from './progress-line.js';

export interface SetupContext {
  /** Nothing may be fetched. */
  offline: boolean;
  signal: AbortSignal;
  progress: ProgressLine;
  /** The user's package index, looked up once; undefined where none is known. */
  index(): Promise<PackageIndex | undefined>;
}

/**
 * ready: was there; made: is there now; skipped: the machine lacks something, and mienlab goes on without the part;
 * failed: something went wrong, or mienlab cannot go on without.
 */
type PartState = 'ready' | 'made' | 'skipped' | 'failed';

export interface PartOutcome {
  state: PartState;
  /** What is there, or why it is not. */
  detail: string;
  path?: string;
  bytes?: number;
  /** What being without it costs. */
  cost?: string;
  /** What to do about it. */
  hint?: string;
}

export interface SetupPart {
  name: string;
  summary: string;
  /** What the first time takes, for people. */
  size: string;
  /** Made only where it is asked for by name. */
  optional?: boolean;
  /** What is there already, without making anything; undefined where it would have to be made. */
  present(): PartOutcome | undefined;
  /** Makes it. Throws a Fault where it should work but does not. */
  make(context: SetupContext): Promise<PartOutcome>;
}

export const noIndexHint = 'install python3-venv (Debian, Ubuntu: apt install python3-venv), or set PIP_INDEX_URL to a package index';
