import type { checkBlock } from '../config/check-block.js';
import { pluginContext } from '../container/plugin-context.js';
import type { Dataset, Judge, Log, PluginKind, PluginManifest, Progress, Score, ScoredClip } from '../contracts/index.js';
import { Fault, FaultList } from '../faults/index.js';
import { benjaminiHochberg } from '../compare/statistics/benjamini-hochberg.js';
import { holm } from '../compare/statistics/holm.js';
import {
  pairedTests,
  type PairedTests,
  type ResamplingOptions,
  resampleScores,
  type ScoreEstimate,
} from '../compare/statistics/paired-tests.js';
import { scoreRun } from '../pipeline/score-run.js';
import { defaultConfig } from '../plugin/default-config.js';
import { seededRandom } from '../plugin/seeded-random.js';
import type { PluginRegistry } from '../plugin/plugin-registry.js';
import { scoreBaselines } from './baselines.js';
import { clipClusters } from './clip-clusters.js';
import { type CaptionSource, type ItemNote, matchItems } from './match-items.js';

/** A plugin by name with its options. */
interface ChosenPlugin {
  name: string;
  options: Readonly<Record<string, unknown>>;
}

export interface ScoreRequest {
  references: CaptionSource;
  predictions: CaptionSource;
  /** Other systems on the same references. */
  against: readonly CaptionSource[];
  metrics: readonly ChosenPlugin[];
  judge: ChosenPlugin | null;
  allowMissing: boolean;
  baselines: boolean;
  /** A field of the references that says which clips belong together, or none. */
  cluster?: string;
  resamples: number;
  seed: number;
}

export interface ScoreServices {
  registry: PluginRegistry;
  log: Log;
  progress: Progress;
  signal: AbortSignal;
}

/** Another system or a baseline beside the predictions. */
export interface Rival {
  label: string;
  estimate: ScoreEstimate | null;
  /** Predictions minus rival; none for the baseline `cut`, which is no rival but a scale. */
  tests: (PairedTests & { holm: number | null; benjaminiHochberg: number | null }) | null;
}

export interface ScoredMetric {
  score: Score;
  /** Null where no item could be scored. */
  estimate: ScoreEstimate | null;
  /** Items that the metric gave no value. */
  failed: number;
  rivals: Rival[];
}

export interface CaptionScores {
  ids: readonly string[];
  metrics: readonly ScoredMetric[];
  skipped: readonly { metric: string; reason: string }[];
  baselines: readonly { label: string; what: string }[];
  clusters: { field: string; count: number } | null;
  /** Differences that Holm's and Benjamini-Hochberg's corrections of the bootstrap p were taken over. */
  comparisons: number;
  notes: readonly ItemNote[];
}

/** Faults of a plugin's options on the command line. */
const placed: Parameters<typeof checkBlock>[3] = {
  fault: (path, code, message, details) => new Fault(code, message, { where: { source: `command line, ${path.join('.')}` }, ...details }),
};

async function choose<Kind extends 'metric' | 'judge'>(
  kind: Kind,
  { name, options }: ChosenPlugin,
  registry: PluginRegistry,
): Promise<{ manifest: PluginManifest<Kind>; config: Readonly<Record<string, unknown>> }> {
  const manifest = await registry.load(kind, name);
  // The schema checker is read only where there is something to check.
  if (Object.keys(options).length === 0 && !manifest.config.required?.length) return { manifest, config: defaultConfig(manifest.config) };
  const { checkBlock: check } = await import('../config/check-block.js');
  const { config, faults } = check(options, manifest.config, [name], placed);
  if (faults.length) throw new FaultList(faults);
  return { manifest, config };
}

const dataset: Dataset = { clips: async () => [], dispose: () => {} };

/**
 * Scores predictions against references by the chosen metrics, the blind baselines beside them, with intervals and paired tests.
 * Deterministic under `seed` where metrics and judge are. Throws Fault CAPTIONS_INVALID where items do not fit, PLUGIN_UNKNOWN, CONFIG_*, and
 * what a metric throws.
 */
export async function scoreCaptions(request: ScoreRequest, services: ScoreServices): Promise<CaptionScores> {
  const { registry, signal } = services;
  const chosen = await Promise.all(request.metrics.map((metric) => choose('metric', metric, registry)));
  const judged = request.judge && (await choose('judge', request.judge, registry));
  const systems = [request.predictions, ...request.against];
  const { clips, predictions, fields, notes } = matchItems(request.references, systems, request.allowMissing);
  const clusters = clipClusters(fields, request.cluster);
  const baselines = request.baselines ? scoreBaselines(clips, request.seed) : [];

  const context = (manifest: PluginManifest<PluginKind>) => pluginContext(manifest, request.seed, services);
  const judge: Judge | null =
    judged && !judged.manifest.needs?.includes('grammar')
      ? await judged.manifest.create(context(judged.manifest), judged.config, { grammar: null })
      : null;
  const made = await Promise.all(
    chosen.map(async ({ manifest, config }) => {
      const impossible = manifest.needs?.some(
        (need) => need === 'grammar' || (need === 'judge' && !judge) || (need === 'ratings' && !judge?.rate),
      );
      return {
        name: manifest.name,
        metric: impossible ? null : await manifest.create(context(manifest), config, { judge, grammar: null }),
      };
    }),
  );
  try {
    const all = [
      ...systems.map(({ label }, i) => ({ label, predictions: predictions[i]!, compared: true })),
      ...baselines.map((baseline) => ({ ...baseline, compared: baseline.label !== 'cut' })),
    ];
    const runs = [];
    for (const { label, predictions, compared } of all) {
      signal.throwIfAborted();
      const scored = clips.map((clip, i): ScoredClip => ({ clip, prediction: predictions[i]!, principal: null, times: [] }));
      runs.push({ label, compared, ...(await scoreRun({ metrics: chosen, judge: judged }, made, scored, dataset, judge)) });
    }
    const options: ResamplingOptions = {
      random: seededRandom(request.seed).fork('score'),
      resamples: request.resamples,
      clusters: clusters?.of,
    };
    signal.throwIfAborted();
    const resampled = resampleScores(
      runs.flatMap(({ scores }) => scores),
      options,
    );
    const of = new Map(resampled.map((one) => [one.score, one]));
    const [own, ...others] = runs as [(typeof runs)[number], ...typeof runs];
    const metrics = own.scores.map((score): ScoredMetric => {
      signal.throwIfAborted();
      const rivals = others.flatMap(({ label, compared, scores }): Rival[] => {
        const rival = scores.find(({ name }) => name === score.name);
        if (!rival || (!score.caption && baselines.some((baseline) => baseline.label === label))) return [];
        const tests = compared && !score.detail ? pairedTests(of.get(score)!, of.get(rival)!, options) : null;
        return [{ label, estimate: of.get(rival)!.estimate, tests: tests && { ...tests, holm: null, benjaminiHochberg: null } }];
      });
      return { score, estimate: of.get(score)!.estimate, failed: score.values.filter((value) => value === null).length, rivals };
    });
    const tested = metrics.flatMap(({ rivals }) => rivals.flatMap(({ tests }) => (tests?.p ? [tests] : [])));
    const p = tested.map(({ p }) => p!.bootstrap);
    const [byHolm, byHochberg] = [holm(p), benjaminiHochberg(p)];
    tested.forEach((tests, i) => Object.assign(tests, { holm: byHolm[i]!, benjaminiHochberg: byHochberg[i]! }));
    return {
      ids: clips.map(({ id }) => id),
      metrics,
      skipped: own.skipped,
      baselines: baselines.map(({ label, what }) => ({ label, what })),
      clusters: clusters && { field: clusters.field, count: clusters.count },
      comparisons: tested.length,
      notes,
    };
  } finally {
    for (const { metric } of made) await metric?.dispose();
    await judge?.dispose();
  }
}
