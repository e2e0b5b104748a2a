import type { Judge, Metric, PluginContext, Score, ScoredClip } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { scoreEachClip } from 'mienlab/plugin';
import { longestMatchChain } from 'mienlab/text';

interface Shares {
  /** Longest chain over the reference's events, 0..1. */
  recall: number;
  /** Longest chain over the prediction's events, 0..1. */
  precision: number;
  f1: number;
  alignment: Alignment;
}

/** Which events matched in which order. */
interface Alignment {
  reference: readonly string[];
  prediction: readonly string[];
  /** Of the longest chain: places in `prediction` and in `reference`. */
  chain: readonly (readonly [number, number])[];
  /** All matches, chain or not. */
  matches: readonly (readonly [number, number])[];
}

/**
 * TEM-reconstruction: what the abstract of arXiv 2501.07978 says of TEM (event extraction, relation classification, longest common
 * subsequence), filled in by us. Ordered events R of the reference and P of the prediction; r and p match where p as a description
 * entails r; L is the longest chain of matches that goes forward in both; recall L / |R|, precision L / |P|, F1.
 * A reference without events gives no value, a prediction without events 0. Of several references the best F1 counts.
 */
export class Tem implements Metric {
  readonly #context: PluginContext;
  readonly #judge: Judge;

  constructor(context: PluginContext, judge: Judge) {
    this.#context = context;
    this.#judge = judge;
  }

  async score(clips: readonly ScoredClip[]): Promise<Score[]> {
    const work = (clip: ScoredClip) => this.#clip(clip);
    const { values: shares, failed } = await scoreEachClip(this.#context, 'tem', clips, work, this.#judge.concurrency);
    const lost = Object.keys(failed).length;
    const note =
      'TEM-reconstruction: our reading of an unpublished procedure, not comparable to published TEM values; ' +
      `judged by ${this.#judge.id}, comparable only with scores by the same judge` +
      (lost ? `; ${lost} of ${clips.length} clips not scored` : '');
    const named = { tem: 'f1', 'tem-recall': 'recall', 'tem-precision': 'precision' } as const;
    return Object.entries(named).map(([name, key]) => ({
      name,
      values: shares.map((one) => one && one[key]),
      higherIsBetter: true,
      caption: true,
      detail: name !== 'tem',
      note,
      failed,
      ...(name === 'tem' && { evidence: shares.map((one) => one && one.alignment) }),
    }));
  }

  dispose(): void {}

  async #clip({ clip, prediction }: ScoredClip): Promise<Shares | null> {
    const said = await this.#judge.events(prediction);
    let best: Shares | null = null;
    for (const reference of clip.references) {
      const events = await this.#judge.events(reference);
      if (events.length === 0) continue;
      const shares = await this.#shares(events, said);
      if (!best || shares.f1 > best.f1) best = shares;
    }
    return best;
  }

  async #shares(events: readonly string[], said: readonly string[]): Promise<Shares> {
    // A sentence said twice is judged once.
    const sentences = [...new Set(said)];
    const answers = await Promise.all(sentences.map((event) => this.#entailed(events, event)));
    const judged = new Map(sentences.map((event, i) => [event, answers[i]!]));
    const matches = said.flatMap((event, p) => events.flatMap((_, r): [number, number][] => (judged.get(event)![r] ? [[p, r]] : [])));
    const chain = longestMatchChain(said.length, events.length, (p, r) => judged.get(said[p]!)![r]!);
    const [recall, precision] = [chain.length / events.length, said.length ? chain.length / said.length : 0];
    const f1 = chain.length ? (2 * recall * precision) / (recall + precision) : 0;
    return { recall, precision, f1, alignment: { reference: events, prediction: said, chain, matches } };
  }

  async #entailed(events: readonly string[], by: string): Promise<boolean[]> {
    const relations = await this.#judge.relations(events, by);
    if (relations.length !== events.length) {
      throw new Fault('JUDGE_FAILED', `judge "${this.#judge.id}" gave ${relations.length} relations for ${events.length} events`);
    }
    return relations.map((relation) => relation === 'entailment');
  }
}
