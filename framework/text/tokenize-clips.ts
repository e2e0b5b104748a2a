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

/** Tokens of what several metrics, and several systems on the same references, look at in turn. */
const ofPrediction = new WeakMap<ScoredClip, { text: string; tokens: string[] }>();
const ofReferences = new WeakMap<readonly string[], string[][]>();

function predictionTokens(clip: ScoredClip): string[] {
  const known = ofPrediction.get(clip);
  if (known?.text === clip.prediction) return known.tokens;
  const tokens = ptbTokenize(clip.prediction);
  ofPrediction.set(clip, { text: clip.prediction, tokens });
  return tokens;
}

function referenceTokens(references: readonly string[]): string[][] {
  const known = ofReferences.get(references);
  if (known) return known;
  const tokens = references.map(ptbTokenize);
  ofReferences.set(references, tokens);
  return tokens;
}

/**
 * Predictions and references after `ptbTokenize`, as the caption metrics want them. Each is tokenized once, however many metrics ask: the
 * tokens are shared, and must not be changed.
 */
export function tokenizeClips(clips: readonly ScoredClip[]): TokenizedClips {
  const indices = clips.flatMap(({ clip }, i) => (clip.references.length ? [i] : []));
  return {
    indices,
    candidates: indices.map((i) => predictionTokens(clips[i]!)),
    references: indices.map((i) => referenceTokens(clips[i]!.clip.references)),
    spread: (values) => {
      const all = new Array<number | null>(clips.length).fill(null);
      indices.forEach((i, k) => (all[i] = values[k]!));
      return all;
    },
  };
}
