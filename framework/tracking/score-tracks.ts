import { clear, type Clear } from './clear.js';
import { hota, type Hota } from './hota.js';
import { identity, type Identity } from './identity.js';
import { overlaps } from './overlaps.js';
import type { TrackSequence } from './track-sequence.js';

export interface TrackScores {
  frames: number;
  hota: Hota;
  clear: Clear;
  identity: Identity;
}

/**
 * HOTA, CLEAR and Identity of found tracks against the true ones, as TrackEval 1.3.0 computes them on the same boxes; both over the same frames.
 * @param threshold least IoU of a match in CLEAR and Identity, 0..1; HOTA has its own
 */
export function scoreTracks(truth: TrackSequence, found: TrackSequence, threshold = 0.5): TrackScores {
  const overlap = overlaps(truth, found);
  return {
    frames: truth.frames,
    hota: hota(truth, found, overlap),
    clear: clear(truth, found, overlap, threshold),
    identity: identity(truth, found, overlap, threshold),
  };
}
