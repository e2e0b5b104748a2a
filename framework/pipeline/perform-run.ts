import type { Container } from 'inversify';
import { parts, services } from '../container/tokens.js';
import type { Clip, RunHandle, Score, ScoredClip } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { clipSamples } from './clip-samples.js';
import type { Encoded } from './feature-stream.js';
import { frozenFeatures } from './frozen-features.js';
import type { GenerationProcess } from './generation/generation-process.js';
import { logJudge, logPredictions, logScores } from './log-run.js';
import type { DigestedClip, Perception } from './perceive.js';
import { runModel, type ModelRun } from './run-model.js';
import type { SampleOverlays } from './sample-overlays.js';
import { scoreRun } from './score-run.js';
import { isUsed } from './training-samples.js';

/** A run that reached its scores. */
export interface PerformedRun extends Pick<ModelRun, 'curves' | 'auxiliaryWords'> {
  plan: RunPlan;
  handle: RunHandle;
  perception: Perception;
  /** The test clips it could use, with what it said of them. */
  clips: readonly ScoredClip[];
  scores: readonly Score[];
  skippedMetrics: readonly { metric: string; reason: string }[];
  skipped: readonly { clip: string; reason: string }[];
  /** Wall seconds a test clip, from decoding to caption; null where a cache answered part of it. */
  secondsPerClip: number | null;
  judge: string | null;
}

interface PerformOptions {
  plan: RunPlan;
  container: Container;
  perception: Perception;
  clips: readonly DigestedClip[];
  cache: Parameters<typeof runModel>[0]['cache'];
  handle: RunHandle;
  backend: string;
  generation: GenerationProcess;
  nonce: string;
  /** Of its clips' tokens, those that were made while the clips were seen. */
  ahead?: Encoded;
  overlays: SampleOverlays;
  samples: readonly Clip[];
}

/** What goes before the scores: the clip with its prediction, and the principal face where the run follows one. */
function scoredClips({ plan, perception }: PerformOptions, test: readonly DigestedClip[], predictions: readonly string[]): ScoredClip[] {
  return test.map(({ clip }, index) => {
    const { principal, times } = perception.clips.get(clip.id)!;
    return { clip, prediction: predictions[index]!, principal: plan.ports.faces ? principal : null, times };
  });
}

async function logOverlays({ plan, container, perception, handle, overlays, samples }: PerformOptions): Promise<void> {
  for (const [index, clip] of samples.entries()) {
    const perceived = perception.clips.get(clip.id);
    if (perceived) handle.image('faces', index, await overlays.draw(clip, plan, perceived, container.get(services.signal)));
  }
}

/** Tunes, captions, scores and logs one run of the sweep. Throws Fault RUN_FAILED where no test clip can be used. */
export async function performRun(options: PerformOptions): Promise<PerformedRun> {
  const { plan, container, perception, clips, handle } = options;
  const seen = clips.filter(({ clip }) => perception.clips.has(clip.id));
  const features = await frozenFeatures({ ...options, clips: seen.filter(({ clip }) => isUsed(clip, plan.settings.train)) });
  const faults = new Map([...perception.faults, ...(features?.faults ?? [])]);
  const usable = seen.filter(({ clip }) => !faults.has(clip.id));
  const test = usable.filter(({ clip }) => clip.split === 'test');
  if (!test.length) {
    const [first] = faults.values();
    throw new Fault('RUN_FAILED', 'none of the test clips can be used', { cause: first, hint: first && `the first one: ${first.message}` });
  }
  const train = usable.filter(({ clip }) => clip.split === 'train' && clipSamples(clip).length);
  await logOverlays(options);
  const validation = usable.filter(({ clip }) => clip.split === 'validation' && clipSamples(clip).length);
  const model = await runModel({ ...options, features, train, validation, test });
  const scored = scoredClips(options, test, model.predictions);
  const dataset = await container.getAsync(parts.dataset);
  const judge = await container.getAsync(parts.judge);
  const { scores, skipped: skippedMetrics } = await scoreRun(plan, await container.getAsync(parts.metrics), scored, dataset, judge);

  const testClips = test.map(({ clip }) => clip);
  logScores(handle, { scores, skipped: skippedMetrics }, testClips);
  logPredictions(handle, testClips, model.predictions, scores);
  if (judge) logJudge(handle, judge);
  const skipped = [...faults].map(([clip, fault]) => ({ clip, reason: `${fault.code}: ${fault.message}` }));
  if (skipped.length)
    handle.table(
      'skipped.json',
      ['clip', 'reason'],
      skipped.map(({ clip, reason }) => [clip, reason]),
    );

  const costs = test.map(({ clip }) => perception.clips.get(clip.id)!.ms);
  const encodeMs = features ? features.ms : 0;
  const secondsPerClip =
    costs.every((ms) => ms !== null) && encodeMs !== null && model.generateMs !== null
      ? (costs.reduce((sum, ms) => sum + ms, 0) / costs.length + encodeMs + model.generateMs) / 1000
      : null;
  if (secondsPerClip !== null) handle.metric('cost/seconds-per-clip', secondsPerClip);
  return { ...model, plan, handle, perception, clips: scored, scores, skippedMetrics, skipped, secondsPerClip, judge: judge?.id ?? null };
}
