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
  const offsets = new Int32Array(frames + 1);
  const numberOf = new Map<number, number>();
  for (const { frame, id } of rows) {
    if (frame > frames) continue;
    offsets[frame]!++;
    numberOf.set(id, 0);
  }
  const ids = [...numberOf.keys()].sort((a, b) => a - b);
  ids.forEach((id, number) => numberOf.set(id, number));
  for (let t = 0; t < frames; t++) offsets[t + 1]! += offsets[t]!;
  const next = offsets.slice();
  const tracks = new Int32Array(offsets[frames]!);
  const corners = new Float64Array(tracks.length * 4);
  for (const { frame, id, box } of rows) {
    if (frame > frames) continue;
    const at = next[frame - 1]!++;
    tracks[at] = numberOf.get(id)!;
    corners[at * 4] = box.x;
    corners[at * 4 + 1] = box.y;
    corners[at * 4 + 2] = box.x + box.width;
    corners[at * 4 + 3] = box.y + box.height;
  }
  return { frames, offsets, tracks, corners, count: ids.length };
}
