import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from 'inversify';
import type { ComparedRun, Comparison, SampleClip, Setting } from '../compare/comparison.js';
import { buildRunContainer } from '../container/build-run-container.js';
import { parts } from '../container/tokens.js';
import type { Clip, RunLog, Score } from '../contracts/index.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import { blindPredictions } from './blind-baselines.js';
import type { PerformedRun } from './perform-run.js';
import type { SampleOverlays } from './sample-overlays.js';
import { scoreRun } from './score-run.js';

interface CompareOptions {
  experiment: ExperimentPlan;
  root: Container;
  runLog: RunLog;
  performed: readonly PerformedRun[];
  /** All test clips, those that a run had to skip among them. */
  testClips: readonly Clip[];
  trainReferences: readonly string[];
  datasetDigest: string;
  environment: Readonly<Record<string, string>>;
  overlays: SampleOverlays;
  samples: readonly Clip[];
  folder: string;
  signal: AbortSignal;
}

/** A score over the clips a run could use, as one over all test clips: the others have no value and no part in an aggregate. */
function overAllClips(score: Score, used: readonly Clip[], all: readonly Clip[]): Score {
  const place = new Map(used.map(({ id }, index) => [id, index]));
  const places = all.map(({ id }) => place.get(id));
  const { aggregate } = score;
  return {
    ...score,
    values: places.map((index) => (index === undefined ? null : score.values[index]!)),
    aggregate: aggregate && ((indices) => aggregate(indices.flatMap((index) => places[index] ?? []))),
  };
}

function comparedRun(run: PerformedRun, testClips: readonly Clip[], runLog: RunLog): ComparedRun {
  const { plan } = run;
  const { tokens } = plan.ports.embeddings.dims;
  const used = run.clips.map(({ clip }) => clip);
  return {
    seed: plan.settings.seed,
    scores: run.scores.map((score) => overAllClips(score, used, testClips)),
    curves: run.curves,
    visualTokens: tokens ?? null,
    faceTokens: plan.ports.embeddings.dims['face-tokens'] ?? (plan.ports.faces ? null : 0),
    secondsPerClip: run.secondsPerClip,
    skipped: run.skipped,
    skippedMetrics: run.skippedMetrics,
    runUrl: runLog.pageUrl(run.handle.id),
  };
}

function settingsOf(performed: readonly PerformedRun[], testClips: readonly Clip[], runLog: RunLog): Setting[] {
  const settings = new Map<string, Setting & { runs: ComparedRun[] }>();
  for (const run of performed) {
    const { label, swept } = run.plan;
    const { seed: _, ...choices } = swept;
    if (!settings.has(label)) settings.set(label, { label, choices, runs: [] });
    settings.get(label)!.runs.push(comparedRun(run, testClips, runLog));
  }
  return [...settings.values()];
}

/** The blind baselines under every caption score of the experiment. */
async function blindScores({ experiment, root, testClips, trainReferences }: CompareOptions): Promise<Comparison['blind']> {
  const plan = experiment.runs[0]!;
  const { constant, other } = blindPredictions({ trainReferences, testClips, seed: plan.settings.seed });
  const container = buildRunContainer(root, plan);
  try {
    const dataset = await container.getAsync(parts.dataset);
    const judge = await container.getAsync(parts.judge);
    const metrics = await container.getAsync(parts.metrics);
    const blind: { label: string; scores: Score[] }[] = [];
    for (const [label, predictions] of [
      ['blind constant', constant],
      ['blind other clip', other],
    ] as const) {
      if (!predictions) continue;
      const clips = testClips.map((clip, index) => ({ clip, prediction: predictions[index]!, principal: null, times: [] }));
      const { scores } = await scoreRun(plan, metrics, clips, dataset, judge);
      blind.push({ label, scores: scores.filter(({ caption }) => caption) });
    }
    return blind;
  } finally {
    await container.unbindAllAsync();
  }
}

/** Sample clips with what the last setting that follows faces saw of them, and what every setting said. */
async function sampleClips({ samples, performed, overlays, folder, signal }: CompareOptions): Promise<SampleClip[]> {
  const seeing = performed.findLast(({ plan }) => plan.ports.faces) ?? performed.at(-1)!;
  const shown: SampleClip[] = [];
  for (const clip of samples) {
    const predictions: Record<string, string> = {};
    for (const { plan, clips } of performed) {
      const said = clips.find((scored) => scored.clip.id === clip.id);
      if (said && predictions[plan.label] === undefined) predictions[plan.label] = said.prediction;
    }
    const perceived = seeing.perception.clips.get(clip.id);
    let image: string | undefined;
    if (perceived) {
      image = `faces-${clip.id.replace(/[^\w.-]/g, '_')}.png`;
      writeFileSync(join(folder, image), await overlays.draw(clip, seeing.plan, perceived, signal));
    }
    shown.push({
      clip: clip.id,
      image,
      facesOf: image && seeing.plan.label,
      ...(perceived?.choice && { choice: perceived.choice }),
      references: clip.references,
      predictions,
    });
  }
  return shown;
}

function notes({ experiment, performed, datasetDigest }: CompareOptions): string[] {
  const { settings } = experiment;
  const { auxiliary, epochs, steps } = settings.train;
  const words = performed[0]!.auxiliaryWords;
  const tuning = [
    `Tuned for ${steps ? `${steps} steps` : `${epochs} epochs`} of batches of ${settings.train.batch}, the same for all rows.`,
  ];
  if (auxiliary.name !== 'none') {
    tuning.push(
      `An auxiliary loss (${auxiliary.name}, ${auxiliary['steps-before']} steps before and weight ${auxiliary.weight} beside the caption loss, the ` +
        `same for all rows) lets each time step predict which of ${words.length} words stand in the caption’s sentence on its third of the clip. ` +
        'It uses no label beyond the captions.',
    );
  }
  const { frames, sampling } = settings.video;
  return [
    ...tuning,
    `${frames} frames a clip (${sampling}); captions ${settings.generate.temperature ? 'sampled' : 'greedy'}.`,
    `Judge: ${performed[0]!.judge ?? 'none'}. Dataset ${experiment.runs[0]!.plugins.dataset.manifest.name}, digest ${datasetDigest}.`,
  ];
}

/** Puts together what tables, plots and the report are drawn from. */
export async function compareRuns(options: CompareOptions): Promise<Comparison> {
  const { experiment, performed, testClips, environment, runLog } = options;
  const { settings } = experiment;
  return {
    name: settings.name,
    title: settings.title || settings.name,
    created: new Date().toISOString(),
    compared: experiment.axes.join(', ') || 'run',
    settings: settingsOf(performed, testClips, runLog),
    clips: testClips.map(({ id, kind }) => ({ id, kind })),
    blind: await blindScores(options),
    breakdown: settings.compare['break-down'],
    claims: settings.compare.claims,
    notes: notes(options),
    samples: await sampleClips(options),
    environment,
    links: [{ label: 'resolved config', href: 'config.yaml' }],
  };
}
