import type { ScoredClip } from '../contracts/index.js';
import { ptbTokenize } from './ptb-tokenize.js';

/** The clips that have references, as tokens. */
export interface TokenizedClips {
  /** Places among the clips given. */
  indices: number[];
  candidates: string[][];
  /** One or more per clip. */
  references: string[][][];
  /** Spreads one value per tokenized clip over all clips given; null where a clip has no references. */
  spread(values: readonly number[]): (number | null)[];
}

/** Predictions and references after `ptbTokenize`, as the caption metrics want them. */
export function tokenizeClips(clips: readonly ScoredClip[]): TokenizedClips {
  const indices = clips.flatMap(({ clip }, i) => (clip.references.length ? [i] : []));
  return {
    indices,
    candidates: indices.map((i) => ptbTokenize(clips[i]!.prediction)),
    references: indices.map((i) => clips[i]!.clip.references.map(ptbTokenize)),
    spread: (values) => {
      const all = new Array<number | null>(clips.length).fill(null);
      indices.forEach((i, k) => (all[i] = values[k]!));
      return all;
    },
  };
}
