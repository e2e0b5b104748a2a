import type { Clip } from './clip.js';
import type { Box } from './face.js';

/** One clip with what a run said of it. */
export interface ScoredClip {
  clip: Clip;
  prediction: string;
  /** The run's principal face per sampled frame, pixels of the video; null for a run without faces. */
  principal: readonly (Box | null)[] | null;
  /** Seconds of each sampled frame. */
  times: readonly number[];
}

export interface Score {
  /** Such as `cider`; unique over a run. */
  name: string;
  /** Per clip in the order given; null where the score has no value for a clip. */
  values: readonly (number | null)[];
  /**
   * The value over a set of clips (indices into `values`, with repeats): what a bootstrap resamples. The mean of the values where absent.
   * Clips without a value are passed over; NaN where none has one.
   */
  aggregate?: (indices: readonly number[]) => number;
  higherIsBetter: boolean;
  /** True where the score judges the caption, so that blind baselines are computed for it. */
  caption: boolean;
  /** A part of another score, such as its precision: the report lists it apart, and it has no say in the main table's correction. */
  detail?: boolean;
  /** A sentence that must stand beside the score wherever it is shown. */
  note?: string;
  /** Clips that could not be scored, by id, each with the reason: their value is null, never 0. */
  failed?: Readonly<Record<string, string>>;
  /** Per clip, as plain JSON: what the value was counted from, for a person to look at; null where there is nothing. */
  evidence?: readonly unknown[];
}

export interface Metric {
  score(clips: readonly ScoredClip[]): Promise<Score[]>;
  dispose(): void | Promise<void>;
}

/** How a statement stands to a description. */
export type Relation = 'entailment' | 'neutral' | 'contradiction';

/** What a prediction is rated for, after Video-ChatGPT's quantitative evaluation. */
export type RatedAspect = 'correctness' | 'detail' | 'context' | 'temporal';

export interface RatedAnswer {
  /** What the model was asked. */
  question: string;
  reference: string;
  prediction: string;
}

/** What a judge did so far. */
export interface JudgeUsage {
  /** Questions put to the judge, repeats counted one by one. */
  asked: number;
  /** Of these, those that were answered before. */
  cached: number;
  /** Of these, those without a usable answer in the end. */
  failed: number;
  /** Answers that could not be used and were asked for again. */
  repaired: number;
  /** Requests that were sent again after a refusal, a time-out or a broken line. */
  retried: number;
  promptTokens: number;
  completionTokens: number;
  /** In US dollars by the prices that the user gave; null without prices. */
  cost: number | null;
  /** Mean variance of a rating over its repeats, and share of relations on which the repeats do not agree; null without repeats. */
  ratingVariance: number | null;
  relationDisagreement: number | null;
}

export interface Judge {
  /** Names the judge and its version in every log: scores of different judges are not comparable. */
  readonly id: string;
  /** The ordered events of a caption, one short sentence each. */
  events(caption: string): Promise<string[]>;
  /** How each event stands to a caption, in the events' order. */
  relations(events: readonly string[], caption: string): Promise<Relation[]>;
  /** A rating of 0..5, once a repeat, as the judge said it: not rounded. Absent where the judge cannot rate. */
  rate?(aspect: RatedAspect, answer: RatedAnswer): Promise<number[]>;
  /** Questions that may be put to it at once. Default 1. */
  readonly concurrency?: number;
  usage?(): JudgeUsage;
  dispose(): void | Promise<void>;
}
