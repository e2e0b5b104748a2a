import { stringify } from 'yaml';
import type { Clip, Judge, RunHandle, Score } from '../contracts/index.js';
import { pluginKinds } from '../plugin/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { visualTokenCount, visualTokenText } from '../plan/visual-token-count.js';
import type { RunScores } from './score-run.js';
import { scoreValue } from './score-run.js';

/** What a run is told apart by in a comparison of many: the choices, the swept values, the seed. Not hundreds of keys. */
export function runParams({ plugins, judge, metrics, settings, swept, ports }: RunPlan): Record<string, string | number> {
  const choices = Object.values(plugins).map(({ manifest }) => [pluginKinds[manifest.kind].group, manifest.name]);
  return {
    ...(Object.fromEntries(choices) as Record<string, string>),
    judge: judge?.manifest.name ?? 'none',
    metrics: metrics.map(({ manifest }) => manifest.name).join(' '),
    ...swept,
    seed: settings.seed,
    'train.epochs': settings.train.epochs,
    'train.steps': settings.train.steps,
    'train.auxiliary': settings.train.auxiliary.name,
    'video.frames': settings.video.frames,
    'visual-tokens': visualTokenCount(ports.embeddings).total ?? 'any',
    'face-tokens': visualTokenCount(ports.embeddings).face ?? 'any',
  };
}

/** What the runs of a sweep have in common, and what is swept. */
export function sweepParams(runs: readonly RunPlan[]): Record<string, string | number> {
  const swept = Object.keys(runs[0]!.swept);
  const values = (key: string) => [...new Set(runs.map((run) => run.swept[key]))].join(', ');
  const all = runs.map(runParams);
  const common = Object.entries(all[0]!).filter(([key, value]) => !swept.includes(key) && all.every((params) => params[key] === value));
  return { ...Object.fromEntries(common), ...(swept.length && { sweep: swept.map((key) => `${key}: ${values(key)}`).join('; ') }) };
}

/** What a sample costs the LLM head, told before anything is done. */
export function logVisualTokens(handle: RunHandle, { ports }: RunPlan): void {
  const count = visualTokenCount(ports.embeddings);
  handle.tag('mienlab.visual-tokens', visualTokenText(count));
  for (const [name, value] of Object.entries({ 'visual-tokens': count.total, 'global-tokens': count.global, 'face-tokens': count.face })) {
    if (value !== null) handle.metric(`cost/${name}`, value);
  }
}

export function logConfig(handle: RunHandle, plan: RunPlan): void {
  handle.artifact('config.yaml', stringify(plan.config));
}

/**
 * Scores as metrics: `score/NAME`, and `score-by-kind/NAME.KIND` for every clip kind: MLflow makes a section of charts of all that stands
 * before the last slash.
 */
export function logScores(handle: RunHandle, { scores, skipped }: RunScores, clips: readonly Clip[]): void {
  const kinds = [...new Set(clips.flatMap(({ kind }) => (kind === undefined ? [] : [kind])))];
  for (const score of scores) {
    const value = scoreValue(score);
    if (value !== null) handle.metric(`score/${score.name}`, value);
    for (const kind of kinds) {
      const part = scoreValue(restrictTo(score, clips, kind));
      if (part !== null) handle.metric(`score-by-kind/${score.name}.${kind}`, part);
    }
  }
  if (skipped.length) handle.tag('mienlab.skipped-metrics', skipped.map(({ metric, reason }) => `${metric}: ${reason}`).join('; '));
}

function restrictTo({ values, aggregate, ...rest }: Score, clips: readonly Clip[], kind: string): Score {
  const indices = clips.flatMap((clip, index) => (clip.kind === kind ? [index] : []));
  return {
    ...rest,
    values: indices.map((index) => values[index]!),
    aggregate: aggregate && ((chosen) => aggregate(chosen.map((index) => indices[index]!))),
  };
}

export function logPredictions(handle: RunHandle, clips: readonly Clip[], predictions: readonly string[], scores: readonly Score[]): void {
  const columns = ['clip', 'kind', 'prediction', 'reference', ...scores.map(({ name }) => name)];
  const rows = clips.map((clip, index) => [
    clip.id,
    clip.kind ?? null,
    predictions[index]!,
    clip.references[0] ?? null,
    ...scores.map(({ values }) => values[index] ?? null),
  ]);
  handle.table('predictions.json', columns, rows);
  const judged = scores.filter(({ evidence, failed }) => evidence || (failed && Object.keys(failed).length));
  if (judged.length === 0) return;
  const kept = clips.map(
    ({ id }, index) => [id, Object.fromEntries(judged.map((one) => [one.name, judgementOf(one, id, index)]))] as const,
  );
  handle.artifact('judgements.json', JSON.stringify(Object.fromEntries(kept), null, 2));
}

/** What a judged score was counted from, or why it is not there. */
function judgementOf({ evidence, failed }: Score, clip: string, index: number): unknown {
  return failed?.[clip] === undefined ? (evidence?.[index] ?? null) : { failed: failed[clip] };
}

/** Who judged, by a name that holds the prompts' digest, and what it took. */
export function logJudge(handle: RunHandle, judge: Judge): void {
  handle.tag('mienlab.judge', judge.id);
  for (const [name, value] of Object.entries(judge.usage?.() ?? {})) {
    if (value !== null) handle.metric(`judge/${name}`, value);
  }
}
