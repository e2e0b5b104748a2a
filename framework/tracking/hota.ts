import { Assignment } from './assignment.js';
import type { Overlaps } from './overlaps.js';
import type { TrackSequence } from './track-sequence.js';

/** Thresholds of the intersection over union: .05, .10, ... .95. */
const alphas: readonly number[] = Array.from({ length: 19 }, (_, i) => 0.05 + i * 0.05);

const curves = ['HOTA', 'DetA', 'AssA', 'DetRe', 'DetPr', 'AssRe', 'AssPr', 'LocA', 'OWTA'] as const;
const counts = ['HOTA_TP', 'HOTA_FN', 'HOTA_FP'] as const;

type Curve = (typeof curves)[number];

/** TrackEval's names. All ratios are 0..1, higher is better; the plain names are means over the thresholds, `(0)` the values at the lowest. */
export type Hota = Record<Curve | 'HOTA(0)' | 'LocA(0)' | 'HOTALocA(0)', number> & {
  perAlpha: Record<Curve | (typeof counts)[number], number[]>;
};

/** Most cells of a table of all pairs of tracks; where there are more, a map takes its place. */
const mostCells = 1 << 22;

/** Numbers the pairs of tracks in order of first sight. */
function pairNumbers(cells: number): { of(key: number): number; keys: number[] } {
  const keys: number[] = [];
  if (cells > mostCells) {
    const numbers = new Map<number, number>();
    const of = (key: number) => {
      let pair = numbers.get(key);
      if (pair === undefined) numbers.set(key, (pair = keys.push(key) - 1));
      return pair;
    };
    return { of, keys };
  }
  // 0 stands for a pair not seen yet.
  const numbers = new Int32Array(cells);
  return { of: (key) => (numbers[key] ||= keys.push(key)) - 1, keys };
}

/** Pairs of a true and a found track that overlap anywhere, and the pair of each overlap. */
function trackPairs(truth: TrackSequence, found: TrackSequence, { offsets, rows, columns }: Overlaps) {
  const pairOf = new Int32Array(offsets[truth.frames]!);
  const numbers = pairNumbers(truth.count * found.count);
  for (let t = 0; t < truth.frames; t++) {
    const rowStart = truth.offsets[t]!;
    const columnStart = found.offsets[t]!;
    for (let i = offsets[t]!; i < offsets[t + 1]!; i++) {
      pairOf[i] = numbers.of(truth.tracks[rowStart + rows[i]!]! * found.count + found.tracks[columnStart + columns[i]!]!);
    }
  }
  return { pairOf, keys: numbers.keys };
}

/** Boxes of each track. */
export function trackLengths({ tracks, count }: TrackSequence): Float64Array {
  const lengths = new Float64Array(count);
  for (const track of tracks) lengths[track]!++;
  return lengths;
}

/** How well each pair of tracks fits as a whole: soft matches over their union (Luiten et al., eq. 24 and TrackEval's `global_alignment_score`). */
function alignment(
  truth: TrackSequence,
  found: TrackSequence,
  { offsets, rows, columns, iou }: Overlaps,
  { pairOf, keys }: ReturnType<typeof trackPairs>,
): Float64Array {
  const potential = new Float64Array(keys.length);
  const [rowSums, columnSums] = [new Float64Array(truth.tracks.length), new Float64Array(found.tracks.length)];
  for (let t = 0; t < truth.frames; t++) {
    const [rowStart, columnStart, start, end] = [truth.offsets[t]!, found.offsets[t]!, offsets[t]!, offsets[t + 1]!];
    for (let i = start; i < end; i++) {
      rowSums[rowStart + rows[i]!]! += iou[i]!;
      columnSums[columnStart + columns[i]!]! += iou[i]!;
    }
    for (let i = start; i < end; i++) {
      const union = rowSums[rowStart + rows[i]!]! + columnSums[columnStart + columns[i]!]! - iou[i]!;
      if (union > Number.EPSILON) potential[pairOf[i]!]! += iou[i]! / union;
    }
  }
  const [trueLengths, foundLengths] = [trackLengths(truth), trackLengths(found)];
  return potential.map((soft, pair) => {
    const key = keys[pair]!;
    return soft / (trueLengths[Math.floor(key / found.count)]! + foundLengths[key % found.count]! - soft);
  });
}

/** Matches each frame once, for all thresholds; [threshold] matches and summed IoU, [pair, threshold] matches. */
function matchFrames(
  truth: TrackSequence,
  found: TrackSequence,
  { offsets, rows, columns, iou }: Overlaps,
  pairOf: Int32Array,
  aligned: Float64Array,
) {
  const levels = alphas.length;
  const assignment = new Assignment();
  const [tp, located, matches] = [new Float64Array(levels), new Float64Array(levels), new Float64Array(aligned.length * levels)];
  let gains = new Float64Array(0);
  for (let t = 0; t < truth.frames; t++) {
    const [start, end] = [offsets[t]!, offsets[t + 1]!];
    if (start === end) continue;
    const height = truth.offsets[t + 1]! - truth.offsets[t]!;
    const width = found.offsets[t + 1]! - found.offsets[t]!;
    if (gains.length < height * width) gains = new Float64Array(height * width * 2);
    gains.fill(0, 0, height * width);
    for (let i = start; i < end; i++) gains[rows[i]! * width + columns[i]!] = aligned[pairOf[i]!]! * iou[i]!;
    const columnOf = assignment.solve(gains, height, width);
    for (let i = start; i < end; i++) {
      if (columnOf[rows[i]!] !== columns[i]) continue;
      for (let a = 0; a < levels && iou[i]! >= alphas[a]! - Number.EPSILON; a++) {
        tp[a]!++;
        located[a]! += iou[i]!;
        matches[pairOf[i]! * levels + a]!++;
      }
    }
  }
  return { tp, located, matches };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function summary(perAlpha: Hota['perAlpha']): Hota {
  const means = Object.fromEntries(curves.map((name) => [name, mean(perAlpha[name])])) as Record<Curve, number>;
  const [hota, located] = [perAlpha.HOTA[0]!, perAlpha.LocA[0]!];
  return { ...means, 'HOTA(0)': hota, 'LocA(0)': located, 'HOTALocA(0)': hota * located, perAlpha };
}

/**
 * Higher order tracking accuracy (Luiten et al. 2021, HOTA: a higher order metric for evaluating multi-object tracking, IJCV 129), equal to
 * TrackEval's `HOTA`. Without true or without found boxes everything is 0 but LocA, which is 1.
 */
export function hota(truth: TrackSequence, found: TrackSequence, overlap: Overlaps): Hota {
  const [trueBoxes, foundBoxes] = [truth.tracks.length, found.tracks.length];
  const perAlpha = Object.fromEntries([...curves, ...counts].map((name) => [name, alphas.map(() => 0)])) as Hota['perAlpha'];
  if (trueBoxes === 0 || foundBoxes === 0) {
    // Both at once TrackEval counts only what the missing other side makes of them, which is 0 as well.
    const { HOTA_FN, HOTA_FP, LocA } = perAlpha;
    alphas.forEach((_, a) => ([HOTA_FN[a], HOTA_FP[a], LocA[a]] = [trueBoxes, foundBoxes, 1]));
    return summary(perAlpha);
  }
  const pairs = trackPairs(truth, found, overlap);
  const { tp, located, matches } = matchFrames(truth, found, overlap, pairs.pairOf, alignment(truth, found, overlap, pairs));
  const [trueLengths, foundLengths] = [trackLengths(truth), trackLengths(found)];
  alphas.forEach((_, a) => {
    const [matched, fn, fp] = [tp[a]!, trueBoxes - tp[a]!, foundBoxes - tp[a]!];
    let [assA, assRe, assPr] = [0, 0, 0];
    pairs.keys.forEach((key, pair) => {
      const count = matches[pair * alphas.length + a]!;
      if (count === 0) return;
      const trueLength = trueLengths[Math.floor(key / found.count)]!;
      const foundLength = foundLengths[key % found.count]!;
      assA += (count * count) / (trueLength + foundLength - count);
      assRe += (count * count) / trueLength;
      assPr += (count * count) / foundLength;
    });
    const least = Math.max(1, matched);
    const row: Record<keyof Hota['perAlpha'], number> = {
      HOTA_TP: matched,
      HOTA_FN: fn,
      HOTA_FP: fp,
      DetA: matched / Math.max(1, matched + fn + fp),
      DetRe: matched / Math.max(1, matched + fn),
      DetPr: matched / Math.max(1, matched + fp),
      AssA: assA / least,
      AssRe: assRe / least,
      AssPr: assPr / least,
      LocA: Math.max(1e-10, located[a]!) / Math.max(1e-10, matched),
      HOTA: 0,
      OWTA: 0,
    };
    row.HOTA = Math.sqrt(row.DetA * row.AssA);
    row.OWTA = Math.sqrt(row.DetRe * row.AssA);
    for (const name of [...curves, ...counts]) perAlpha[name][a] = row[name];
  });
  return summary(perAlpha);
}
