import type { MotRow } from './mot-text.js';

/** Boxes of a sequence by frame, packed: those of frame t (from 0) lie from `offsets[t]` up to `offsets[t + 1]`, in the order given. */
export interface TrackSequence {
  frames: number;
  /** [frames + 1] */
  offsets: Int32Array;
  /** Per box, its track's number from 0 in order of ids. */
  tracks: Int32Array;
  /** Per box x0, y0, x1, y1. */
  corners: Float64Array;
  /** Number of tracks. */
  count: number;
}

/** Packs rows; those beyond `frames` are left out. */
export function trackSequence(rows: readonly MotRow[], frames: number): TrackSequence {
  const kept = rows.filter(({ frame }) => frame <= frames);
  const ids = [...new Set(kept.map(({ id }) => id))].sort((a, b) => a - b);
  const numberOf = new Map(ids.map((id, number) => [id, number]));
  const offsets = new Int32Array(frames + 1);
  for (const { frame } of kept) offsets[frame]!++;
  for (let t = 0; t < frames; t++) offsets[t + 1]! += offsets[t]!;
  const next = offsets.slice();
  const tracks = new Int32Array(kept.length);
  const corners = new Float64Array(kept.length * 4);
  for (const { frame, id, box } of kept) {
    const at = next[frame - 1]!++;
    tracks[at] = numberOf.get(id)!;
    corners.set([box.x, box.y, box.x + box.width, box.y + box.height], at * 4);
  }
  return { frames, offsets, tracks, corners, count: ids.length };
}
