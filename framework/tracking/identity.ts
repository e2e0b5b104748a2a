import { Assignment } from './assignment.js';
import type { Overlaps } from './overlaps.js';
import type { TrackSequence } from './track-sequence.js';

/** TrackEval's names; ratios 0..1, higher is better. */
export interface Identity {
  IDF1: number;
  IDP: number;
  IDR: number;
  IDTP: number;
  IDFN: number;
  IDFP: number;
}

/**
 * Identity scores (Ristani et al. 2016, Performance measures and a data set for multi-target, multi-camera tracking): true tracks are paired
 * with found ones over the whole sequence so that the most boxes agree. Equal to TrackEval's `Identity`.
 * @param threshold least IoU of two boxes that agree, 0..1
 */
export function identity(truth: TrackSequence, found: TrackSequence, overlap: Overlaps, threshold: number): Identity {
  const { offsets, rows, columns, iou } = overlap;
  const agree = new Float64Array(truth.count * found.count);
  for (let t = 0; t < truth.frames; t++) {
    for (let i = offsets[t]!; i < offsets[t + 1]!; i++) {
      if (iou[i]! < threshold) continue;
      agree[truth.tracks[truth.offsets[t]! + rows[i]!]! * found.count + found.tracks[found.offsets[t]! + columns[i]!]!]!++;
    }
  }
  let IDTP = 0;
  // Leaving two tracks alone costs all their boxes, pairing them saves twice those that agree, so the greatest sum of these is the optimum.
  new Assignment().solve(agree, truth.count, found.count).forEach((column, row) => {
    if (column >= 0) IDTP += agree[row * found.count + column]!;
  });
  const [IDFN, IDFP] = [truth.tracks.length - IDTP, found.tracks.length - IDTP];
  return {
    IDF1: IDTP / Math.max(1, IDTP + 0.5 * IDFN + 0.5 * IDFP),
    IDP: IDTP / Math.max(1, IDTP + IDFP),
    IDR: IDTP / Math.max(1, IDTP + IDFN),
    IDTP,
    IDFN,
    IDFP,
  };
}
