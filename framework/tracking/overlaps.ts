import type { TrackSequence } from './track-sequence.js';

/** All pairs of a true and a found box of one frame that overlap: those of frame t lie from `offsets[t]` up to `offsets[t + 1]`. */
export interface Overlaps {
  offsets: Int32Array;
  /** Places of the boxes within their frame. */
  rows: Int32Array;
  columns: Int32Array;
  /** Intersection over union, above 0. */
  iou: Float64Array;
}

const { EPSILON } = Number;

/** Computed as TrackEval does, from corners and with boxes without area overlapping nothing, so that thresholds fall alike. */
export function overlaps(truth: TrackSequence, found: TrackSequence): Overlaps {
  const offsets = new Int32Array(truth.frames + 1);
  let size = 4 * Math.max(truth.tracks.length, 16);
  let [rows, columns, iou] = [new Int32Array(size), new Int32Array(size), new Float64Array(size)];
  let count = 0;
  const [a, b] = [truth.corners, found.corners];
  for (let t = 0; t < truth.frames; t++) {
    const [rowStart, rowEnd, columnStart, columnEnd] = [truth.offsets[t]!, truth.offsets[t + 1]!, found.offsets[t]!, found.offsets[t + 1]!];
    const most = count + (rowEnd - rowStart) * (columnEnd - columnStart);
    if (most > size) {
      size = most * 2;
      const grow = <Kind extends Int32Array | Float64Array>(to: Kind, from: Kind): Kind => (to.set(from), to);
      rows = grow(new Int32Array(size), rows);
      columns = grow(new Int32Array(size), columns);
      iou = grow(new Float64Array(size), iou);
    }
    for (let row = rowStart; row < rowEnd; row++) {
      // No destructuring in here: it would make an array for each of millions of pairs.
      const x0 = a[row * 4]!;
      const y0 = a[row * 4 + 1]!;
      const x1 = a[row * 4 + 2]!;
      const y1 = a[row * 4 + 3]!;
      const area = (x1 - x0) * (y1 - y0);
      if (area <= EPSILON) continue;
      for (let column = columnStart; column < columnEnd; column++) {
        const u0 = b[column * 4]!;
        const u1 = b[column * 4 + 2]!;
        const width = (x1 < u1 ? x1 : u1) - (x0 > u0 ? x0 : u0);
        if (width <= 0) continue;
        const v0 = b[column * 4 + 1]!;
        const v1 = b[column * 4 + 3]!;
        const height = (y1 < v1 ? y1 : v1) - (y0 > v0 ? y0 : v0);
        if (height <= 0) continue;
        const other = (u1 - u0) * (v1 - v0);
        const shared = width * height;
        const union = area + other - shared;
        if (other <= EPSILON || union <= EPSILON || shared === 0) continue;
        rows[count] = row - rowStart;
        columns[count] = column - columnStart;
        iou[count++] = shared / union;
      }
    }
    offsets[t + 1] = count;
  }
  return { offsets, rows, columns, iou };
}
