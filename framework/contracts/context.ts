export interface Log {
  info(message: string): void;
  warn(message: string): void;
}

/** Progress of one long step: shown with an estimate of what is left. */
export interface Progress {
  /** `label` names the step, `total` counts its units; the returned function is told how many are done. */
  start(label: string, total: number): { done(count: number, detail?: string): void; end(): void };
}

/** A seeded source of randomness; the same seed and name give the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** An independent source under a name. */
  fork(name: string): Random;
}

/** All that a plugin may reach. */
export interface PluginContext {
  log: Log;
  random: Random;
  progress: Progress;
  signal: AbortSignal;
  /** A folder of the plugin's own that outlives the run (under `.mienlab/`); made on first use. */
  folder(): string;
  /** Resolves a path from the config: relative ones start at the folder the user stands in. */
  resolve(path: string): string;
}
