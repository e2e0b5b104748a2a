import { setImmediate } from 'node:timers/promises';
import type { Score } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { blindPredictions } from '../pipeline/blind-baselines.js';
import { seededRandom } from '../plugin/index.js';
import type { CaptionSource } from '../score/match-items.js';
import { scoreCaptions, type ScoreRequest, type ScoreServices } from '../score/score-captions.js';
import type { CaptionEntry } from '../text/index.js';
import { readLexicon } from './lexicon.js';
import { perturb, type PerturbedCaptions } from './perturb.js';
import type { PerturbationKind } from './perturbations.js';
import { type MetricResponse, metricResponse } from './metric-response.js';

export interface AuditRequest {
  /** Of several captions of an item the first one is looked at. */
  references: CaptionSource;
  metrics: ScoreRequest['metrics'];
  judge: ScoreRequest['judge'];
  /** Captions drawn from the references by the seed; all of them where absent. */
  items?: number;
  resamples: number;
  seed: number;
}

interface AuditedPerturbation {
  name: string;
  what: string;
  kind: PerturbationKind;
  /** Captions that it applies to. */
  n: number;
  /** Mean number of words over that of the untouched captions; null for n = 0. */
  length: number | null;
  /** Mean share of words that are not in common, in order, with the untouched caption, 0..1; null for n = 0. */
  changed: number | null;
}

export interface AuditedMetric {
  name: string;
  higherIsBetter: boolean;
  /** A part of another score, such as its recall. */
  detail: boolean;
  note?: string;
  /** By perturbation; null where too few captions have a value. */
  responses: Readonly<Record<string, MetricResponse | null>>;
}

export interface MetricAudit {
  references: string;
  judge: string | null;
  /** Captions audited. */
  n: number;
  resamples: number;
  seed: number;
  perturbations: AuditedPerturbation[];
  metrics: AuditedMetric[];
  skipped: readonly { metric: string; reason: string }[];
}

/** Entries drawn by the seed, in their order. */
function drawn(entries: readonly CaptionEntry[], items: number | undefined, seed: number): CaptionEntry[] {
  const first = entries.map((entry) => ({ ...entry, captions: entry.captions.slice(0, 1) }));
  if (items === undefined || items >= first.length) return first;
  const random = seededRandom(seed).fork('audit-items');
  const order = first.map((_, i) => i);
  for (let i = 0; i < items; i++) {
    const j = i + random.integer(order.length - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order
    .slice(0, items)
    .sort((a, b) => a - b)
    .map((i) => first[i]!);
}

/**
 * How metrics respond to captions of which it is known what is wrong with them: reference captions, perturbed in controlled ways, scored against
 * themselves untouched. All captions are scored each time (those that a perturbation does not apply to untouched), since document frequencies
 * depend on the set; the responses are over those that it applies to. Deterministic under `seed` where metrics and judge are.
 * Throws Fault CAPTIONS_INVALID for fewer than two captions, and what `scoreCaptions` throws.
 */
export async function auditMetrics(request: AuditRequest, services: ScoreServices): Promise<MetricAudit> {
  const { seed, resamples } = request;
  const entries = drawn(request.references.entries, request.items, seed);
  const untouched = entries.map(({ captions }) => captions[0]!);
  const others = blindPredictions({
    trainReferences: [],
    testClips: entries.map(({ captions }) => ({ references: captions })),
    seed,
  }).other;
  if (!others) {
    throw new Fault('CAPTIONS_INVALID', 'an audit needs at least two captions', { where: { source: request.references.label } });
  }
  const perturbed = perturb(
    entries.map(({ id }, i) => ({ id, caption: untouched[i]! })),
    readLexicon(),
    seed,
  );
  const references = { label: request.references.label, entries };
  const scored = async (label: string, captions: readonly string[]) => {
    const predictions = { label, entries: entries.map((entry, i) => ({ ...entry, captions: [captions[i]!] })) };
    const options = { allowMissing: false, baselines: false, cluster: 'none', resamples: 0, seed };
    const { metrics, skipped } = await scoreCaptions(
      { references, predictions, against: [], metrics: request.metrics, judge: request.judge, ...options },
      services,
    );
    return { scores: new Map(metrics.map(({ score }) => [score.name, score])), skipped };
  };

  const all = [
    { label: 'untouched', captions: untouched },
    { label: 'another clip’s caption', captions: others },
  ].concat(perturbed.map(({ name, captions }) => ({ label: name, captions: captions.map((caption, i) => caption ?? untouched[i]!) })));
  const runs: Awaited<ReturnType<typeof scored>>[] = [];
  const scoring = services.progress.start('scoring perturbed captions', all.length);
  try {
    for (const { label, captions } of all) {
      scoring.done(runs.length, label);
      services.signal.throwIfAborted();
      runs.push(await scored(label, captions));
    }
  } finally {
    scoring.end();
  }
  const [own, floor, ...rest] = runs.map(({ scores }) => scores) as [Map<string, Score>, Map<string, Score>, ...Map<string, Score>[]];
  const captionScores = [...own.values()].filter(({ caption }) => caption);
  const metrics: AuditedMetric[] = [];
  const resampling = services.progress.start('intervals', captionScores.length);
  try {
    for (const score of captionScores) {
      resampling.done(metrics.length, score.name);
      const responses: Record<string, MetricResponse | null> = {};
      const paraphrased = perturbed.findIndex(({ name }) => name === 'paraphrase');
      for (const [p, { name, captions }] of perturbed.entries()) {
        await setImmediate();
        services.signal.throwIfAborted();
        responses[name] = metricResponse(
          {
            untouched: score,
            perturbed: rest[p]!.get(score.name)!,
            floor: floor.get(score.name)!,
            paraphrased: p === paraphrased ? null : rest[paraphrased]!.get(score.name)!,
          },
          captions.flatMap((caption, i) => (caption === null ? [] : [i])),
          // An aggregate is costly to draw again, and nobody quotes a part of one with its interval.
          { random: seededRandom(seed).fork('audit'), resamples: score.detail && score.aggregate ? 0 : resamples },
        );
      }
      const { name, higherIsBetter, detail = false, note } = score;
      metrics.push({ name, higherIsBetter, detail, note, responses });
    }
  } finally {
    resampling.end();
  }
  return {
    references: request.references.label,
    judge: request.judge?.name ?? null,
    n: entries.length,
    resamples,
    seed,
    perturbations: perturbed.map(({ name, what, kind, n, length, changed }: PerturbedCaptions) => ({
      name,
      what,
      kind,
      n,
      length,
      changed,
    })),
    metrics,
    skipped: runs[0]!.skipped,
  };
}
