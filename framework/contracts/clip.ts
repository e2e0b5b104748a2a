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
  /** What is learnt of the clip beside its references, each a sample of its own. */
  conversations?: readonly Conversation[];
  /** A word that break-downs group by, such as `one-person`. */
  kind?: string;
  /** The emotion that an annotator or the source has labelled the clip with, such as `Happy`. */
  emotion?: string;
  truth?: ClipTruth;
}

/** One question and its answer. */
export interface Turn {
  instruction: string;
  answer: string;
}

/** Questions about a clip and their answers, in order. */
export interface Conversation {
  /** At least one. */
  turns: readonly Turn[];
  /** A system message before the first turn. */
  system?: string;
  /** Which answers are learnt. */
  learn: 'last-answer' | 'all-answers';
  /** How often it is drawn in an epoch, above 0; once where absent. */
  weight?: number;
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
  /**
   * What the files of the dataset hold, one after the other and in memory that does not grow with their number, with all that is wrong with
   * them. Nothing is decoded. Absent where nothing is read from files.
   */
  inspect?(): AsyncIterable<DataItem | DataProblem>;
  /** How captions of this dataset speak of events, where that is known. */
  readonly grammar?: EventGrammar;
  dispose(): void | Promise<void>;
}

/** A place in a file of data: 1-based line and column. */
export interface DataPlace {
  source: string;
  line?: number;
  column?: number;
}

/** What one entry of a data file says of a clip. */
export interface DataItem {
  where: DataPlace;
  /** Absolute path of the video. */
  video: string;
  split: Split;
  /** What is trained on; a split that is tested asks the first question of each. */
  conversations: readonly Conversation[];
}

/** What is wrong with data. */
export interface DataProblem {
  where: DataPlace;
  /** The sort of trouble in few words, such as `empty answer`: what problems are counted by. */
  problem: string;
  message: string;
  expected?: string;
  nearest?: string;
  hint?: string;
}

/** How a dataset's captions speak of actions and of time: data for rule-based judges and event metrics. */
export interface EventGrammar {
  /** Parts of a clip in order of time, each with the lower-case phrases that open its sentence. */
  parts: readonly { name: string; markers: readonly string[] }[];
  /** Actions, each with lower-case regular expression sources that say it. `none` marks the action that says that nothing changes. */
  actions: readonly { name: string; patterns: readonly string[]; none?: boolean }[];
}
