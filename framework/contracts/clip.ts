import type { Box } from './face.js';

export type Split = 'train' | 'validation' | 'test';

/** One video with its reference captions. */
export interface Clip {
  /** Unique in its dataset; letters, digits, `-`, `_`, `.`. */
  id: string;
  /** Absolute path of the video file. */
  video: string;
  split: Split;
  /** What the model is asked; the dataset's default where the clip has none of its own. */
  instruction: string;
  /** Zero or more; without any the clip can be captioned but not scored against references. */
  references: readonly string[];
  /** A word that break-downs group by, such as `one-person`. */
  kind?: string;
  /** The emotion that an annotator or the source has labelled the clip with, such as `Happy`. */
  emotion?: string;
  truth?: ClipTruth;
}

/** What a generator or an annotator knows exactly. */
export interface ClipTruth {
  /** Seconds of each annotated frame, ascending. */
  times: readonly number[];
  people: readonly PersonTruth[];
  /** Id of the principal. */
  principal: string;
  /** What every person does, in order of start. */
  actions: readonly ActionTruth[];
}

export interface PersonTruth {
  id: string;
  /** Face box per annotated frame, pixels of the video; null where the person is absent or hidden. */
  boxes: readonly (Box | null)[];
}

export interface ActionTruth {
  person: string;
  /** A name from the dataset's event grammar. */
  action: string;
  /** Seconds, start <= end. */
  start: number;
  end: number;
}

export interface Dataset {
  /** Makes or reads the clips; long work reports to the context's progress. Clips come in a stable order. */
  clips(): Promise<readonly Clip[]>;
  /** How captions of this dataset speak of events, where that is known. */
  readonly grammar?: EventGrammar;
  dispose(): void | Promise<void>;
}

/** How a dataset's captions speak of actions and of time: data for rule-based judges and event metrics. */
export interface EventGrammar {
  /** Parts of a clip in order of time, each with the lower-case phrases that open its sentence. */
  parts: readonly { name: string; markers: readonly string[] }[];
  /** Actions, each with lower-case regular expression sources that say it. `none` marks the action that says that nothing changes. */
  actions: readonly { name: string; patterns: readonly string[]; none?: boolean }[];
}
