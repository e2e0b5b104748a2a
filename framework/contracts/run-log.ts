/** How a run ended: FINISHED done, FAILED by a fault, KILLED by a user or because its process died. */
export type RunStatus = 'FINISHED' | 'FAILED' | 'KILLED';

export type ParamValue = string | number | boolean | null;

export interface RunStart {
  /** The name people see; need not be unique. */
  name: string;
  /** Takes up a run of the same journal again, by its local id, after an interruption. */
  resume?: string;
  params?: Readonly<Record<string, ParamValue>>;
  tags?: Readonly<Record<string, string>>;
  /** Markdown shown on the run's page. */
  note?: string;
}

/** A data set that a run has read. */
export interface DatasetInput {
  name: string;
  /** Of the bytes and of how they were read; hexadecimal. MLflow shows the first 36 characters. */
  digest: string;
  /** What it served for: training, validation, test. */
  context: string;
  /** Where it comes from: a folder, an address, or a plain object that says so. */
  source: unknown;
  /** Column name to type name. */
  schema?: Readonly<Record<string, string>>;
  /** Counts and sizes: plain JSON. */
  profile?: unknown;
}

export type TableCell = string | number | boolean | null;

/**
 * One run in the log. Every call returns as soon as the journal has it, and throws a Fault RUNLOG_JOURNAL where the journal cannot be
 * written or RUNLOG_REFUSED where what is given cannot be logged.
 */
export interface RunHandle {
  /** Local id, 26 characters, sorted by time: a ULID. Not deterministic. */
  readonly id: string;
  readonly name: string;
  param(key: string, value: ParamValue): void;
  params(values: Readonly<Record<string, ParamValue>>): void;
  tag(key: string, value: string): void;
  tags(values: Readonly<Record<string, string>>): void;
  /** A point of a curve; `value` may be NaN or infinite, `step` is an integer (default 0). The time is the call's. */
  metric(key: string, value: number, step?: number): void;
  metrics(values: Readonly<Record<string, number>>, step?: number): void;
  /** A file among the run's artifacts; `path` is relative with `/`. Written again under the same path it replaces the first. */
  artifact(path: string, content: Uint8Array | string): void;
  /** The same from a file, which is copied. */
  artifactFile(path: string, file: string): void;
  /** A table, shown as one by MLflow; `path` ends with `.json`. NaN and infinite cells become null. */
  table(path: string, columns: readonly string[], rows: readonly (readonly TableCell[])[]): void;
  /** A picture of a step, shown in MLflow's image grid under `key`. */
  image(key: string, step: number, png: Uint8Array): void;
  dataset(input: DatasetInput): void;
  /** Markdown shown on the run's page; the last one counts. */
  note(markdown: string): void;
  startChild(start: RunStart): RunHandle;
  end(status: RunStatus): void;
}

export interface RunLogSummary {
  /** Where the runs can be looked at, by local id: those that the server knows. */
  pages: Readonly<Record<string, string>>;
  /** Journal entries that the server does not have yet; `mienlab sync` brings them over. */
  pending: number;
  /** Entries that the server refused for good, in words. */
  refused: readonly string[];
}

/** The log of one run folder: a journal first, MLflow filled from it in the background. */
export interface RunLog {
  start(start: RunStart): RunHandle;
  /** The address of a run's page once the server knows the run. */
  pageUrl(id: string): string | undefined;
  /** Ends runs still open as FAILED, brings over what it can within `deadlineMs` (default 30000), closes the journal. */
  close(options?: { deadlineMs?: number }): Promise<RunLogSummary>;
}
