import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { DataItem, DataProblem, Dataset, PluginContext, PluginInputs } from 'mienlab/contracts';
import { Fault, FaultList } from 'mienlab/faults';
import { ClipGathering } from './clip-gathering.js';
import { inspect } from './inspect.js';
import { mixtureOf } from './mixture.js';
import type { InstructionsConfig } from './plugin.js';

/** Problems that are told one by one. */
const SHOWN = 20;
/** Entries between two looks at the signal. */
const breath = 4096;

/**
 * Videos with conversations about them, from files of samples. `clips` throws a FaultList of all that is wrong (the first of it in full), or
 * leaves it out with a warning where `onError` is `skip`.
 */
export function instructionsDataset(
  { log, random, resolve, signal }: PluginContext,
  config: InstructionsConfig,
  { onError = 'fail' }: PluginInputs['dataset'],
): Dataset {
  const items = () => inspect(mixtureOf(config, resolve), config, random.fork('entries'));
  return {
    async *inspect() {
      yield* items();
    },
    async clips() {
      const problems: DataProblem[] = [];
      const missing = missingVideo();
      const gathering = new ClipGathering();
      let seen = 0;
      for (const item of items()) {
        if (++seen % breath === 0) {
          await setImmediate();
          signal.throwIfAborted();
        }
        const problem = 'problem' in item ? item : (missing(item) ?? gathering.add(item));
        if (problem) problems.push(problem);
      }
      const clips = gathering.clips();
      if (problems.length) {
        if (onError === 'fail' || !clips.length) throw new FaultList(faultsOf(problems));
        log.warn(`left out: ${summary(problems)}; mienlab validate shows all of them`);
      }
      if (!clips.length) throw new Fault('DATASET_INVALID', 'there is no sample', { where: { source: [config.path].flat().join(', ') } });
      return clips;
    },
    dispose() {},
  };
}

function missingVideo(): (item: DataItem) => DataProblem | undefined {
  const known = new Map<string, boolean>();
  return ({ where, video }) => {
    if (!known.has(video)) known.set(video, existsSync(video));
    if (known.get(video)) return undefined;
    return { where, problem: 'missing video', message: `there is no ${video}`, hint: 'set data.root to the folder that the paths go from' };
  };
}

/** The first ones in full, the rest counted. */
function faultsOf(problems: readonly DataProblem[]): Fault[] {
  const faults = problems.slice(0, SHOWN).map(({ problem, message, ...details }) => {
    return new Fault(problem === 'missing video' ? 'DATASET_MISSING' : 'DATASET_INVALID', message, details);
  });
  const rest = problems.slice(SHOWN);
  const hint = 'mienlab validate tells more; data.on-error=skip goes on without them';
  return rest.length ? [...faults, new Fault('DATASET_INVALID', `and ${rest.length} more: ${summary(rest)}`, { hint })] : faults;
}

/** `3 of empty answer (a.json:4, a.json:9, ...)`. */
function summary(problems: readonly DataProblem[]): string {
  const kinds = new Map<string, DataProblem[]>();
  for (const problem of problems) kinds.set(problem.problem, [...(kinds.get(problem.problem) ?? []), problem]);
  const told = [...kinds].map(([kind, all]) => {
    const places = all.slice(0, 3).map(({ where: { source, line } }) => `${source}:${line}`);
    return `${all.length} of ${kind} (${places.join(', ')}${all.length > 3 ? ', ...' : ''})`;
  });
  return told.join(', ');
}
