import type { Score } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { Comparison } from './comparison.js';

function unique(names: readonly string[], what: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Fault('RUN_FAILED', `two ${what} are called "${twice}"`, { expected: `every name once` });
}

function checkScores(scores: readonly Score[], of: string, comparison: Comparison): void {
  unique(
    scores.map(({ name }) => name),
    `scores of ${of}`,
  );
  for (const { name, values } of scores) {
    if (values.length !== comparison.clips.length) {
      throw new Fault('PLUGIN_FAILED', `score ${name} of ${of} has ${values.length} values for ${comparison.clips.length} clips`, {
        expected: 'one value a clip, null where there is none',
      });
    }
    const at = values.findIndex((value) => value !== null && !Number.isFinite(value));
    if (at !== -1) {
      throw new Fault('PLUGIN_FAILED', `score ${name} of ${of} is ${values[at]}`, {
        clip: comparison.clips[at]!.id,
        expected: 'a finite number, or null where the score has no value for a clip',
      });
    }
  }
}

/** Throws PLUGIN_FAILED where a metric's values do not fit the clips, RUN_FAILED where a name stands for two things. */
export function checkComparison(comparison: Comparison): void {
  unique(
    comparison.settings.map(({ label }) => label),
    'settings',
  );
  unique(
    comparison.clips.map(({ id }) => id),
    'clips',
  );
  for (const { label, runs } of comparison.settings)
    for (const run of runs) checkScores(run.scores, `${label}, seed ${run.seed}`, comparison);
  for (const { label, scores } of comparison.blind) checkScores(scores, label, comparison);
}
