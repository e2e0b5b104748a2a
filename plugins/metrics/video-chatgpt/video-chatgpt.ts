import type { Judge, Metric, PluginContext, RatedAspect, Score, ScoredClip } from 'mienlab/contracts';
import { scoreEachClip } from 'mienlab/plugin';

const aspects: readonly RatedAspect[] = ['correctness', 'detail', 'context', 'temporal'];

interface Rating {
  /** Mean over the repeats of the whole part of what the judge said: Python's `int(score)`. */
  parsed: number;
  /** Mean over the repeats of what it said. */
  unparsed: number;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Four ratings of a prediction against its reference, one question each, as `quantitative_evaluation/` of mbzuai-oryx/Video-ChatGPT asks
 * for: 0..5, of which `int(score)` counts, so that 4.8 becomes 4. What the judge said stands beside it. Of several references the one
 * with the best rating counts, for each aspect.
 */
export class VideoChatGpt implements Metric {
  readonly #context: PluginContext;
  readonly #judge: Judge;

  constructor(context: PluginContext, judge: Judge) {
    this.#context = context;
    this.#judge = judge;
  }

  async score(clips: readonly ScoredClip[]): Promise<Score[]> {
    const work = (clip: ScoredClip) => this.#clip(clip);
    const { values, failed } = await scoreEachClip(this.#context, 'video-chatgpt', clips, work, this.#judge.concurrency);
    const lost = Object.keys(failed).length;
    const common = {
      higherIsBetter: true,
      caption: true,
      failed,
      note: `judged by ${this.#judge.id}: comparable only with scores by the same judge${lost ? `; ${lost} of ${clips.length} clips not scored` : ''}`,
    };
    return aspects.flatMap((aspect, a): Score[] => [
      { ...common, name: `video-chatgpt-${aspect}`, values: values.map((one) => one && one[a]!.parsed) },
      { ...common, detail: true, name: `video-chatgpt-${aspect}-unparsed`, values: values.map((one) => one && one[a]!.unparsed) },
    ]);
  }

  dispose(): void {}

  async #clip({ clip, prediction }: ScoredClip): Promise<Rating[] | null> {
    if (clip.references.length === 0) return null;
    return Promise.all(
      aspects.map(async (aspect) => {
        const question = clip.instruction;
        const all = await Promise.all(clip.references.map((reference) => this.#judge.rate!(aspect, { question, reference, prediction })));
        const ratings = all.map((repeats): Rating => ({ parsed: mean(repeats.map(Math.trunc)), unparsed: mean(repeats) }));
        return ratings.reduce((best, one) => (one.unparsed > best.unparsed ? one : best));
      }),
    );
  }
}
