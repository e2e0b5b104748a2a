import { Assignment } from './assignment.js';
import { trackLengths } from './hota.js';
import type { Overlaps } from './overlaps.js';
import type { TrackSequence } from './track-sequence.js';

/** TrackEval's names. MOTP is the mean IoU of the matches, higher is better; MOTA, MODA, MOTAL and sMOTA may be below 0. */
export interface Clear {
  MOTA: number;
  MOTP: number;
  MODA: number;
  MOTAL: number;
  sMOTA: number;
  CLR_Re: number;
  CLR_Pr: number;
  CLR_F1: number;
  CLR_TP: number;
  CLR_FN: number;
  CLR_FP: number;
  CLR_Frames: number;
  FP_per_frame: number;
  MOTP_sum: number;
  IDSW: number;
  Frag: number;
  MT: number;
  PT: number;
  ML: number;
  MTR: number;
  PTR: number;
  MLR: number;
}

/** What a walk over the frames counts. */
class Walk {
  tp = 0;
  iouSum = 0;
  switches = 0;
  /** Per true track: matched frames, and how often it began to be matched. */
  readonly matched: Float64Array;
  readonly starts: Float64Array;
  /** Per true track, the found track it was matched to last; and in the last frame that had boxes of both sorts. -1 for none. */
  readonly #last: Int32Array;
  #before: Int32Array;
  #now: Int32Array;
  #gains = new Float64Array(0);
  readonly #assignment = new Assignment();

  constructor(
    readonly truth: TrackSequence,
    readonly found: TrackSequence,
    readonly overlap: Overlaps,
    readonly threshold: number,
  ) {
    this.matched = new Float64Array(truth.count);
    this.starts = new Float64Array(truth.count);
    this.#last = new Int32Array(truth.count).fill(-1);
    this.#before = this.#last.slice();
    this.#now = this.#last.slice();
  }

  /** Matches one frame; pairs that were matched in the frame before stay together where they still can. */
  frame(t: number): void {
    const { truth, found, overlap, threshold } = this;
    const { rows, columns, iou } = overlap;
    const [rowStart, columnStart] = [truth.offsets[t]!, found.offsets[t]!];
    const [height, width] = [truth.offsets[t + 1]! - rowStart, found.offsets[t + 1]! - columnStart];
    if (height === 0 || width === 0) return;
    if (this.#gains.length < height * width) this.#gains = new Float64Array(height * width * 2);
    const gains = this.#gains.fill(0, 0, height * width);
    const [start, end] = [overlap.offsets[t]!, overlap.offsets[t + 1]!];
    for (let i = start; i < end; i++) {
      if (iou[i]! < threshold - Number.EPSILON) continue;
      const stays = this.#before[truth.tracks[rowStart + rows[i]!]!] === found.tracks[columnStart + columns[i]!];
      gains[rows[i]! * width + columns[i]!] = (stays ? 1000 : 0) + iou[i]!;
    }
    const columnOf = this.#assignment.solve(gains, height, width);
    this.#now.fill(-1);
    for (let i = start; i < end; i++) {
      const row = rows[i]!;
      const column = columns[i]!;
      if (columnOf[row] !== column || gains[row * width + column]! <= Number.EPSILON) continue;
      this.#match(truth.tracks[rowStart + row]!, found.tracks[columnStart + column]!, iou[i]!);
    }
    [this.#before, this.#now] = [this.#now, this.#before];
  }

  #match(trueTrack: number, foundTrack: number, iou: number): void {
    const last = this.#last[trueTrack]!;
    if (last >= 0 && last !== foundTrack) this.switches++;
    if (this.#before[trueTrack] === -1) this.starts[trueTrack]!++;
    this.#last[trueTrack] = foundTrack;
    this.#now[trueTrack] = foundTrack;
    this.matched[trueTrack]!++;
    this.tp++;
    this.iouSum += iou;
  }
}

/** Mostly tracked: more than .8 of a true track's boxes are matched; partly: .2 or more; mostly lost: the others. */
function coverage(matched: Float64Array, lengths: Float64Array): Pick<Clear, 'MT' | 'PT' | 'ML' | 'MTR' | 'PTR' | 'MLR'> {
  const shares = lengths.map((length, track) => matched[track]! / length);
  const MT = shares.filter((share) => share > 0.8).length;
  const PT = shares.filter((share) => share >= 0.2).length - MT;
  const all = Math.max(1, shares.length);
  const ML = shares.length - MT - PT;
  return { MT, PT, ML, MTR: MT / all, PTR: PT / all, MLR: ML / all };
}

/**
 * CLEAR MOT (Bernardin and Stiefelhagen 2008) with mostly tracked and lost (Li, Huang and Nevatia 2009), equal to TrackEval's `CLEAR`. Without
 * true or without found boxes all ratios are 0, MLR is 1.
 * @param threshold least IoU of a match, 0..1
 */
export function clear(truth: TrackSequence, found: TrackSequence, overlap: Overlaps, threshold: number): Clear {
  const [trueBoxes, foundBoxes] = [truth.tracks.length, found.tracks.length];
  const nothing = trueBoxes === 0 || foundBoxes === 0;
  const walk = new Walk(truth, found, overlap, threshold);
  for (let t = 0; t < truth.frames; t++) walk.frame(t);
  const { tp, iouSum, switches } = walk;
  const [fn, fp] = [trueBoxes - tp, foundBoxes - tp];
  const frames = nothing ? 0 : truth.frames;
  const all = Math.max(1, trueBoxes);
  const ratio = (value: number) => (nothing ? 0 : value);
  return {
    MOTA: ratio((tp - fp - switches) / all),
    MOTP: iouSum / Math.max(1, tp),
    MODA: ratio((tp - fp) / all),
    MOTAL: ratio((tp - fp - (switches > 0 ? Math.log10(switches) : 0)) / all),
    sMOTA: ratio((iouSum - fp - switches) / all),
    CLR_Re: tp / all,
    CLR_Pr: tp / Math.max(1, foundBoxes),
    CLR_F1: tp / Math.max(1, tp + 0.5 * fn + 0.5 * fp),
    CLR_TP: tp,
    CLR_FN: fn,
    CLR_FP: fp,
    CLR_Frames: frames,
    FP_per_frame: nothing ? 0 : fp / frames,
    MOTP_sum: iouSum,
    IDSW: switches,
    Frag: walk.starts.reduce((sum, starts) => sum + Math.max(0, starts - 1), 0),
    ...coverage(walk.matched, trackLengths(truth)),
    ...(nothing && { MLR: 1 }),
  };
}
