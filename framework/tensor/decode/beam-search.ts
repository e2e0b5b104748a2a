import { penalizeRepetition } from './process-logits.js';

/** A sequence that may become an answer. */
export interface Hypothesis {
  ids: readonly number[];
  /** Sum of log-probabilities; of finished ones over the length to the power of the penalty. */
  score: number;
}

export interface BeamOptions {
  beams: number;
  lengthPenalty: number;
  repetitionPenalty: number;
  /** How many tokens end a sequence. */
  endTokens: number;
  prompt: readonly number[];
  /** Whether a sequence has ended with its last token. */
  ends: (ids: readonly number[]) => boolean;
}

/** What transformers writes for minus infinity here, in float32. */
const never = -1e9;
const float = Math.fround;

/**
 * Beam search over one prompt with the semantics of transformers 5 (`GenerationMixin._beam_search`, early_stopping False): at each step
 * the best max(2, 1 + end tokens) * beams continuations of all beams; those among the first `beams` of them that have ended become
 * hypotheses, the best `beams` of which are kept; the best others go on. It is over when the best running score, divided by the length so
 * far to the power of the penalty, is no better than the worst of `beams` hypotheses. Scores are float32.
 */
export class BeamSearch {
  /** Best first, all of one length. */
  running: Hypothesis[];
  #finished: (Hypothesis & { done: boolean })[];
  /** Whether a better hypothesis can still come. */
  open = true;
  /** Whether some continuation has not ended. */
  continuable = true;

  constructor(private readonly options: BeamOptions) {
    const { beams } = options;
    // Only the first beam counts at first, since all are equal.
    this.running = Array.from({ length: beams }, (_, i) => ({ ids: [], score: i ? never : 0 }));
    this.#finished = Array.from({ length: beams }, () => ({ ids: [], score: never, done: false }));
  }

  /** The best hypothesis. */
  get best(): Hypothesis {
    return this.#finished[0]!;
  }

  /**
   * Takes the logits of the running sequences' next tokens, one array a beam; `last`: these are the last tokens that there may be. Returns
   * for each beam that goes on the beam that it continues; its last id is the token to append.
   */
  step(logits: readonly Float32Array[], last: boolean): number[] {
    const { beams, lengthPenalty, endTokens } = this.options;
    const candidates = this.#continuations(logits, Math.max(2, 1 + endTokens) * beams).map(({ beam, id, score }) => {
      const ids = [...this.running[beam]!.ids, id];
      return { beam, ids, score, ended: last || this.options.ends(ids) };
    });
    const length = this.running[0]!.ids.length + 1;
    const finished = candidates.map(({ ids, score, ended }, i) => {
      const done = ended && i < beams;
      const penalised = float(score / float(length ** lengthPenalty));
      return { ids, done, score: float(float(penalised + (this.open ? 0 : never)) + (done ? 0 : never)) };
    });
    this.#finished = best([...this.#finished, ...finished], beams);
    const going = best(
      candidates.map((candidate) => ({ ...candidate, score: candidate.ended ? float(candidate.score + never) : candidate.score })),
      beams,
    );
    this.running = going.map(({ ids, score }) => ({ ids, score }));
    const reachable = float(this.running[0]!.score / float(length ** lengthPenalty));
    const worst = this.#finished.at(-1)!.score;
    this.open &&= this.#finished.some(({ done }) => reachable > (done ? worst : never));
    this.continuable = candidates.some(({ ended }) => !ended);
    return going.map(({ beam }) => beam);
  }

  /** The continuations of the highest scores; of equals the first beam's and the lowest id. */
  #continuations(logits: readonly Float32Array[], count: number): { beam: number; id: number; score: number }[] {
    const top: { beam: number; id: number; score: number }[] = [];
    const { prompt, repetitionPenalty } = this.options;
    for (const [beam, { ids, score: before }] of this.running.entries()) {
      const scores = logProbabilities(logits[beam]!);
      if (repetitionPenalty !== 1) penalizeRepetition(scores, new Set([...prompt, ...ids]), repetitionPenalty);
      for (let id = 0; id < scores.length; id++) {
        const score = float(scores[id]! + before);
        if (top.length === count && !(score > top[count - 1]!.score)) continue;
        let at = top.length;
        while (at > 0 && top[at - 1]!.score < score) at--;
        top.splice(at, 0, { beam, id, score });
        if (top.length > count) top.pop();
      }
    }
    return top;
  }
}

/** The first `count` of the highest score, in order; of equals the first. */
function best<T extends { score: number }>(entries: readonly T[], count: number): T[] {
  return [...entries].sort((a, b) => b.score - a.score).slice(0, count);
}

function logProbabilities(logits: Float32Array): Float32Array {
  let most = -Infinity;
  for (const logit of logits) if (logit > most) most = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  const shift = most + Math.log(sum);
  return logits.map((logit) => logit - shift);
}
