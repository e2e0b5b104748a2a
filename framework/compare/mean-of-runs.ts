import type { ComparedRun } from './comparison.js';

/** Mean of a quantity over the runs that have it, null where none has. */
export function meanOfRuns(runs: readonly ComparedRun[], of: (run: ComparedRun) => number | null): number | null {
  const known = runs.map(of).filter((value): value is number => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
