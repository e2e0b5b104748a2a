import type { Judge, Metric, PluginContext, Relation, Score, ScoredClip } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { scoreEachClip } from 'mienlab/plugin';

/** What a caption without events is worth: `full-score` is 1.0, as in tarsier; `zero` is 0; `leave-out` gives the clip no value. */
export const emptyEventsChoices = ['full-score', 'zero', 'leave-out'] as const;
export type EmptyEvents = (typeof emptyEventsChoices)[number];

interface Shares {
  /** Share of the reference's events that the prediction entails, 0..1. */
  recall: number;
  /** Share of the prediction's events that the reference entails, 0..1. */
  precision: number;
}

/** One caption's events and how each stands to the other caption. */
interface Direction {
  events: readonly string[];
  relations: readonly Relation[];
}

interface Judged {
  /** The reference's events before the prediction. */
  reference: Direction;
  prediction: Direction;
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
    const work = (clip: ScoredClip) => this.#clip(clip);
    const { values: judged, failed } = await scoreEachClip(this.#context, 'autodq', clips, work, this.#judge.concurrency);
    const shares = judged.map((one) => one && sharesOf(one, this.#emptyEvents));
    const common = {
      higherIsBetter: true,
      caption: true,
      failed,
      note: this.#note(judged, Object.keys(failed).length),
    };
    return [
      {
        ...common,
        name: 'autodq',
        values: shares.map((one) => one && f1(one)),
        aggregate: (indices) => corpusF1(shares, indices),
        evidence: judged,
      },
      { ...common, detail: true, name: 'autodq-recall', values: shares.map((one) => one && one.recall) },
      { ...common, detail: true, name: 'autodq-precision', values: shares.map((one) => one && one.precision) },
    ];
  }

  dispose(): void {}

  /** Who judged, what could not be, and what the treatment of captions without events does to the score. */
  #note(judged: readonly (Judged | null)[], failed: number): string {
    const empty = judged.filter((one) => one && (one.reference.events.length === 0 || one.prediction.events.length === 0)).length;
    const all = judged.map((_, index) => index);
    const under = emptyEventsChoices.map((choice) => {
      const value = corpusF1(
        judged.map((one) => one && sharesOf(one, choice)),
        all,
      );
      return `${choice} ${Number.isNaN(value) ? 'no value' : value.toFixed(3)}`;
    });
    return [
      `judged by ${this.#judge.id}: comparable only with scores by the same judge`,
      ...(empty ? [`${empty} clips have a caption without events: ${under.join(', ')}; counted here as ${this.#emptyEvents}`] : []),
      ...(failed ? [`${failed} of ${judged.length} clips not scored`] : []),
    ].join('; ');
  }

  /** Of the reference with the best F1 under the option. */
  async #clip({ clip, prediction }: ScoredClip): Promise<Judged | null> {
    const candidate = prediction.toLowerCase();
    const all = await Promise.all(
      clip.references
        .map((text) => text.toLowerCase())
        .map(async (reference): Promise<Judged> => {
          const [there, back] = await Promise.all([this.#direction(reference, candidate), this.#direction(candidate, reference)]);
          return { reference: there, prediction: back };
        }),
    );
    const worth = (one: Judged) => f1(sharesOf(one, this.#emptyEvents) ?? { recall: 0, precision: 0 });
    const valued = all.filter((one) => sharesOf(one, this.#emptyEvents));
    const best = (list: readonly Judged[]) => list.reduce((most, one) => (worth(one) > worth(most) ? one : most));
    return all.length ? best(valued.length ? valued : all) : null;
  }

  /** One caption's events, before the other caption. */
  async #direction(from: string, by: string): Promise<Direction> {
    const events = await this.#judge.events(from);
    const relations = events.length ? await this.#judge.relations(events, by) : [];
    if (relations.length !== events.length) {
      throw new Fault('JUDGE_FAILED', `judge "${this.#judge.id}" gave ${relations.length} relations for ${events.length} events`);
    }
    return { events, relations };
  }
}

/** Null where the option gives the clip no value. */
function sharesOf({ reference, prediction }: Judged, choice: EmptyEvents): Shares | null {
  const share = ({ relations }: Direction) =>
    relations.length === 0
      ? { 'full-score': 1, zero: 0, 'leave-out': null }[choice]
      : relations.filter((relation) => relation === 'entailment').length / relations.length;
  const [recall, precision] = [share(reference), share(prediction)];
  return recall === null || precision === null ? null : { recall, precision };
}

/** F1 of the means; NaN where no clip has a value. */
function corpusF1(shares: readonly (Shares | null)[], indices: readonly number[]): number {
  const found = indices.flatMap((index) => shares[index] ?? []);
  const mean = (key: keyof Shares) => found.reduce((sum, one) => sum + one[key], 0) / found.length;
  return f1({ recall: mean('recall'), precision: mean('precision') });
}

/** NaN for NaN, which is the mean of no clips. */
function f1({ recall, precision }: Shares): number {
  return recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision);
}
