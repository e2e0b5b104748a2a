import type { Dataset, Judge, Metric, MetricNeed, Score, ScoredClip } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';

/** What a run's predictions scored, and which metrics had to be left out. */
export interface RunScores {
  scores: Score[];
  skipped: { metric: string; reason: string }[];
}

/** Why a metric cannot score these clips, or undefined. */
function unmet(
  needs: readonly MetricNeed[],
  clips: readonly ScoredClip[],
  { grammar, truth }: { grammar: boolean; truth: boolean },
  judge: { chosen: string | undefined; made: Judge | null },
): string | undefined {
  const noGrammar = 'the dataset has no event grammar';
  const reasons: Record<MetricNeed, string | false> = {
    references: !clips.some(({ clip }) => clip.references.length) && 'no test clip has a reference caption',
    emotion: !clips.some(({ clip }) => clip.emotion) && 'no test clip is labelled with an emotion',
    truth: !truth && 'the dataset has no ground truth',
    judge: !judge.made && (judge.chosen ? `the judge "${judge.chosen}" cannot work: ${noGrammar}` : 'no judge is chosen (judge=NAME)'),
    ratings: !judge.made?.rate && `the judge "${judge.made?.id ?? 'none'}" does not rate answers`,
    grammar: !grammar && noGrammar,
    principal: !clips.some(({ principal }) => principal) && 'this run tracks no faces',
  };
  return needs.map((need) => reasons[need]).find(Boolean) || undefined;
}

/** Scores one run. A metric whose needs are not met is skipped with the reason, never scored 0. */
export async function scoreRun(
  plan: Pick<RunPlan, 'metrics' | 'judge'>,
  made: readonly { name: string; metric: Metric | null }[],
  clips: readonly ScoredClip[],
  dataset: Dataset,
  judge: Judge | null,
): Promise<RunScores> {
  const data = { grammar: Boolean(dataset.grammar), truth: clips.some(({ clip }) => clip.truth) };
  const result: RunScores = { scores: [], skipped: [] };
  for (const [index, { name, metric }] of made.entries()) {
    const reason = unmet(plan.metrics[index]!.manifest.needs ?? [], clips, data, { chosen: plan.judge?.manifest.name, made: judge });
    if (reason || !metric) {
      result.skipped.push({ metric: name, reason: reason ?? 'what it needs is not there' });
      continue;
    }
    for (const score of await scoresOf(metric, clips, (failed) => result.skipped.push({ metric: name, reason: `not scored: ${failed}` }))) {
      if (score.values.length !== clips.length) {
        throw new Fault(
          'PLUGIN_FAILED',
          `metric "${name}" gave ${score.values.length} values of "${score.name}" for ${clips.length} clips`,
        );
      }
      result.scores.push(score);
    }
  }
  return result;
}

/** A judge that answers nothing leaves its metrics out; it does not end a run whose captions are there. */
async function scoresOf(metric: Metric, clips: readonly ScoredClip[], unscored: (reason: string) => void): Promise<Score[]> {
  try {
    return await metric.score(clips);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'JUDGE_FAILED') throw error;
    unscored(error.message);
    return [];
  }
}

/** A score over all clips: its own aggregate, else the mean of the values there are; null where there are none. */
export function scoreValue({ values, aggregate }: Score): number | null {
  if (aggregate) return aggregate(values.map((_, index) => index));
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}
