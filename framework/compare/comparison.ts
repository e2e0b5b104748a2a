import type { Score, TrackedClip } from '../contracts/index.js';

/** One run: a setting under one seed. */
export interface ComparedRun {
  seed: number;
  /** In the order of `Comparison.clips`. */
  scores: readonly Score[];
  /** Training curves by name, such as `train loss`: [step, value], ascending steps. */
  curves: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  /** Per clip; null where the model has none. */
  visualTokens: number | null;
  /** Those of `visualTokens` that come from the principal face. */
  faceTokens: number | null;
  /** Wall seconds per test clip from decoded frames to caption; null where a cache answered. */
  secondsPerClip: number | null;
  skipped: readonly { clip: string; reason: string }[];
  skippedMetrics: readonly { metric: string; reason: string }[];
  /** Address of the run's page in the run log. */
  runUrl?: string;
}

/** One row of the table: what was chosen, run once per seed. */
export interface Setting {
  /** Unique, such as `facetrack` or `tracker=facetrack, lr=0.001`. */
  label: string;
  /** The choices that make it, by config key. */
  choices: Readonly<Record<string, string>>;
  runs: readonly ComparedRun[];
}

/** What the experiment set out to show: `setting` scores better than each of `against`. Tested as stated and told however it comes out. */
export interface Claim {
  /** Such as `captions from the principal face beat captions from the largest face`. */
  statement: string;
  /** Name of the score it is tested on. */
  score: string;
  setting: string;
  against: readonly string[];
  /** Clip kind it is about; all clips where absent. */
  kind?: string;
  /** The kind in words, such as `where a larger distractor is about`. */
  where?: string;
  /** What must be read with it. */
  caveat?: string;
}

/** A test clip shown in the report. */
export interface SampleClip {
  /** An id among `Comparison.clips`. */
  clip: string;
  /** Overlay PNG, relative to the report. */
  image?: string;
  /** Label of the setting whose tracks the overlay shows. */
  facesOf?: string;
  /** How that setting chose the principal among its tracks. */
  choice?: TrackedClip['choice'];
  references: readonly string[];
  /** Caption by setting label, from the setting's first run. */
  predictions: Readonly<Record<string, string>>;
}

/** All that a comparison of settings is made of: what the run engine hands over, and what tables, plots and result.json are drawn from. */
export interface Comparison {
  name: string;
  title: string;
  /** ISO 8601. */
  created: string;
  /** What the settings differ in, such as `tracker`: head of the first column. */
  compared: string;
  /** The first is the baseline that the others are compared with. */
  settings: readonly Setting[];
  /** The test clips; `kind` is what break-downs group by. */
  clips: readonly { id: string; kind?: string }[];
  /** Baselines that see no video, such as `blind constant`, with the caption scores. */
  blind: readonly { label: string; scores: readonly Score[] }[];
  /** Scores that carry the comparison: they lead the table and are broken down by clip kind in the terminal and at the report's front. */
  breakdown: readonly string[];
  claims: readonly Claim[];
  /** Training options and sources that a reader must know: auxiliary loss, judge, dataset digest, sampling policy. */
  notes: readonly string[];
  samples: readonly SampleClip[];
  /** Commit, backend, versions, machine. */
  environment: Readonly<Record<string, string>>;
  /** Resolved config, run log and so on: http(s) or a path relative to the report. */
  links: readonly { label: string; href: string }[];
}
