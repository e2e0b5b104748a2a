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
}

export interface Metric {
  score(clips: readonly ScoredClip[]): Promise<Score[]>;
  dispose(): void | Promise<void>;
}

/** How a statement stands to a description. */
export type Relation = 'entailment' | 'neutral' | 'contradiction';

export interface Judge {
  /** Names the judge and its version in every log: scores of different judges are not comparable. */
  readonly id: string;
  /** The ordered events of a caption, one short sentence each. */
  events(caption: string): Promise<string[]>;
  /** How each event stands to a caption, in the events' order. */
  relations(events: readonly string[], caption: string): Promise<Relation[]>;
  dispose(): void | Promise<void>;
}
