import { Fault, FaultList } from '../faults/index.js';
import { type OverrideInput, parseOverrides } from './compose-config.js';
import type { ConfigSource } from './config-source.js';
import { signedKey } from './defaults-overrides.js';
import { faultAt } from './fault-at.js';
import type { SourceText } from './origin.js';
import { type Override } from './parse-override.js';
import { printValue } from './override-value.js';
import { shuffled } from './shuffle.js';
import { ChoiceSweep, Glob, IntervalSweep, ListExtension, RangeSweep, rangeValues } from './sweep-value.js';

const maxJobs = 10_000;

/** One key of a sweep with the override texts of its values. A key that does not sweep has one. */
export interface SweepAxis {
  key: string;
  swept: boolean;
  values: readonly string[];
  from: SourceText;
}

/**
 * The axes of overrides, in the order in which their keys first come; a key that comes again replaces its values. Globs are resolved
 * against the sources. Throws a FaultList.
 */
export function sweepAxes(overrides: readonly OverrideInput[], configDirs: readonly ConfigSource[]): SweepAxis[] {
  const faults: Fault[] = [];
  const axes = new Map<string, SweepAxis>();
  for (const override of parseOverrides(overrides, faults)) {
    const key = signedKey(override);
    try {
      axes.set(key, { key, from: override.from, ...valuesOf(override, configDirs) });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(error);
    }
  }
  if (faults.length > 0) throw new FaultList(faults);
  return [...axes.values()];
}

/** The overrides of every job: all combinations of the axes' values, the last axis varies fastest. Throws where they are too many. */
export function sweepJobs(axes: readonly SweepAxis[]): SourceText[][] {
  const count = axes.reduce((product, axis) => product * axis.values.length, 1);
  if (count > maxJobs) {
    throw new Fault('CONFIG_TOO_LARGE', `the sweep has ${count} jobs`, {
      expected: `at most ${maxJobs}`,
      known: axes.filter((axis) => axis.swept).map((axis) => `${axis.key}: ${axis.values.length}`),
    });
  }
  return axes.reduce<SourceText[][]>(
    (jobs, { values, from }) => jobs.flatMap((job) => values.map((text) => [...job, { source: from.source, text, single: true }])),
    [[]],
  );
}

/** The override lists of the jobs that overrides with sweeps stand for, as Hydra's basic sweeper has them. */
export function expandSweep(overrides: readonly OverrideInput[], configDirs: readonly ConfigSource[]): string[][] {
  return sweepJobs(sweepAxes(overrides, configDirs)).map((job) => job.map((override) => override.text));
}

function valuesOf(override: Override, configDirs: readonly ConfigSource[]): { swept: boolean; values: string[] } {
  const { value, from, valueStart } = override;
  const key = signedKey(override);
  const wrong = (message: string, hint?: string) =>
    faultAt({ from, start: valueStart, end: from.text.length }, 'OVERRIDE_SYNTAX', message, { key, hint });
  const print = (items: readonly Parameters<typeof printValue>[0][]) => items.map((item) => `${key}=${printValue(item)}`);
  if (value instanceof IntervalSweep)
    throw wrong('an interval has no values to count: it needs a sweeper that samples', 'write range(START, STOP, STEP)');
  if (value instanceof Glob) {
    const options = [...new Set(configDirs.flatMap((source) => source.list(override.key)))].sort();
    return { swept: true, values: value.filter(options).map((name) => `${key}=${name}`) };
  }
  // An extension has no printed form; it goes to every job as it was written.
  if (value instanceof ListExtension) return { swept: false, values: [from.text] };
  try {
    if (value instanceof ChoiceSweep) return { swept: true, values: print(value.shuffled ? shuffled(value.items) : value.items) };
    if (value instanceof RangeSweep) {
      const numbers = rangeValues(value);
      return { swept: true, values: print(value.shuffled ? shuffled(numbers) : numbers) };
    }
    return { swept: false, values: print([value]) };
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw wrong(error.message);
    throw error;
  }
}
