import { createHash } from 'node:crypto';
import type { Judge, RatedAnswer, RatedAspect, Relation } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { questionKey, type Recording } from 'mienlab/plugin';

/** Answers what its recording holds; anything else is Fault JUDGE_FAILED, and what it was for is not scored. */
export class Recorded implements Judge {
  readonly id: string;

  constructor(
    private readonly path: string,
    private readonly recording: Recording,
  ) {
    const answers = [...recording.answers].sort(([a], [b]) => (a < b ? -1 : 1));
    const digest = createHash('sha256').update(JSON.stringify(answers)).digest('hex');
    this.id = `recorded ${digest.slice(0, 8)} of ${recording.judge}`;
  }

  async events(caption: string): Promise<string[]> {
    if (!caption.trim()) return [];
    return this.#answer<string[]>('events', { caption });
  }

  async relations(events: readonly string[], caption: string): Promise<Relation[]> {
    if (events.length === 0) return [];
    if (!caption.trim()) return events.map(() => 'neutral');
    return this.#answer<Relation[]>('relations', { caption, events });
  }

  async rate(aspect: RatedAspect, { question, reference, prediction }: RatedAnswer): Promise<number[]> {
    return this.#answer<number[]>(aspect, { question, reference, prediction });
  }

  dispose(): void {}

  #answer<Answer>(ask: string, input: Record<string, unknown>): Answer {
    const answer = this.recording.answers.get(questionKey(ask, input));
    if (Array.isArray(answer)) return answer as Answer;
    throw new Fault('JUDGE_FAILED', `the recording has no answer to this question (${ask})`, {
      where: { source: this.path },
      hint: 'record it with the judge whose answers these are, or choose that judge',
    });
  }
}
