import type { Judge, Metric, PluginContext, Score, ScoredClip } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { scoreEachClip } from 'mienlab/plugin';

/** What a caption without events is worth: `full-score` is 1.0, as in tarsier; `zero` is 0; `leave-out` gives the clip no value. */
export type EmptyEvents = 'full-score' | 'zero' | 'leave-out';

interface Shares {
  /** Share of the reference's events that the prediction entails, 0..1. */
  recall: number;
  /** Share of the prediction's events that the reference entails, 0..1. */
  precision: number;
}

/**
 * AutoDQ (J. Wang et al., "Tarsier: Recipes for training and evaluating large video description models", 2024), as
 * `evaluate_dream_gpt.py` of bytedance/tarsier computes it: events of both captions, the share of each side's events that the other
 * caption entails, and over a corpus F1 = 2RP / (R + P) of the mean recall R and the mean precision P, not a mean of F1s.
 * Of several references the one that gives the clip the best F1 counts.
 */
export class AutoDq implements Metric {
  readonly #context: PluginContext;
  readonly #judge: Judge;
  readonly #emptyEvents: EmptyEvents;

  constructor(context: PluginContext, judge: Judge, emptyEvents: EmptyEvents) {
    this.#context = context;
    this.#judge = judge;
    this.#emptyEvents = emptyEvents;
  }

  async score(clips: readonly ScoredClip[]): Promise<Score[]> {
    const shares = await scoreEachClip(this.#context, 'autodq', clips, (clip) => this.#clip(clip));
    const common = {
      higherIsBetter: true,
      caption: true,
      note: `judged by ${this.#judge.id}: comparable only with scores by the same judge`,
    };
    return [
      {
        ...common,
        name: 'autodq',
        values: shares.map((one) => one && f1(one)),
        aggregate: (indices) => {
          const found = indices.flatMap((index) => shares[index] ?? []);
          const mean = (key: keyof Shares) => found.reduce((sum, one) => sum + one[key], 0) / found.length;
          return f1({ recall: mean('recall'), precision: mean('precision') });
        },
      },
      { ...common, detail: true, name: 'autodq-recall', values: shares.map((one) => one && one.recall) },
      { ...common, detail: true, name: 'autodq-precision', values: shares.map((one) => one && one.precision) },
    ];
  }

  dispose(): void {}

  async #clip({ clip, prediction }: ScoredClip): Promise<Shares | null> {
    const candidate = prediction.toLowerCase();
    let best: Shares | null = null;
    for (const reference of clip.references.map((text) => text.toLowerCase())) {
      const recall = await this.#entailed(reference, candidate);
      const precision = await this.#entailed(candidate, reference);
      if (recall === null || precision === null) continue;
      if (!best || f1({ recall, precision }) > f1(best)) best = { recall, precision };
    }
    return best;
  }

  /** Share of one caption's events that the other caption entails. */
  async #entailed(from: string, by: string): Promise<number | null> {
    const events = await this.#judge.events(from);
    if (events.length === 0) return { 'full-score': 1, zero: 0, 'leave-out': null }[this.#emptyEvents];
    const relations = await this.#judge.relations(events, by);
    if (relations.length !== events.length) {
      throw new Fault('PLUGIN_FAILED', `judge "${this.#judge.id}" gave ${relations.length} relations for ${events.length} events`);
    }
    return relations.filter((relation) => relation === 'entailment').length / events.length;
  }
}

/** NaN for NaN, which is the mean of no clips. */
function f1({ recall, precision }: Shares): number {
  return recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision);
}
