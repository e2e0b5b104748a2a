import type { Box, Detection, FaceTrack, TrackedClip, Tracker } from '../../contracts/index.js';
import { boxBetween, scaleBox, streamFrames } from '../../video/index.js';
import type { DetectPool } from './detect-pool.js';

export interface TrackVideoOptions {
  /** Faces are looked for in every so many-th frame; between them boxes move evenly. */
  every: number;
  /** Frames whose longer side is longer are scaled down to it, pixels; 0 for never. */
  maxSide: number;
  /** The clip's name. */
  clip: string;
  signal: AbortSignal;
  /** Told how many frames are through. */
  onFrames?: (count: number) => void;
}

/** What was seen of a whole video; boxes in pixels of the upright video. */
export interface TrackedVideo extends TrackedClip {
  width: number;
  height: number;
  /** Seconds of all frames. */
  times: readonly number[];
  /** Found faces, in all frames looked at. */
  faces: number;
}

/** Of `frames` frames, from boxes in every `every`-th: between two of one track's, evenly from one to the other. */
export function spread(boxes: readonly (Box | null)[], every: number, frames: number): (Box | null)[] {
  if (every === 1) return [...boxes];
  return Array.from({ length: frames }, (_, frame) => {
    const [before, share] = [Math.floor(frame / every), (frame % every) / every];
    const [from, to] = [boxes[before] ?? null, boxes[before + 1] ?? null];
    if (share === 0) return from;
    return from && to ? boxBetween(from, to, share) : null;
  });
}

/** Without key points, which no tracker reads and which are most of what a face takes. */
const slim = ({ box, score }: Detection): Detection => ({ box, score });

/**
 * Decodes a video once, piece by piece, and tracks its faces: pieces are looked at while the next are decoded. Memory holds a few pieces, and of
 * every frame its boxes. Throws as `streamFrames` and the detector do.
 */
export async function trackVideo(path: string, pool: DetectPool, tracker: Tracker, options: TrackVideoOptions): Promise<TrackedVideo> {
  const { every, maxSide, clip, signal, onFrames } = options;
  const detections: Detection[][] = [];
  const times: number[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  let size = { width: 0, height: 0, scale: 1 };
  let through = 0;
  for await (const piece of streamFrames(path, { maxSide: maxSide || undefined, clip, signal })) {
    size = { width: piece.width, height: piece.height, scale: piece.source.width / piece.width };
    times.push(...piece.times);
    const wanted = piece.times.map((_, i) => i).filter((i) => (piece.first + i) % every === 0);
    const bytes = piece.width * piece.height * 3;
    let { data } = piece;
    if (wanted.length < piece.times.length) {
      data = new Uint8Array(wanted.length * bytes);
      wanted.forEach((from, to) => data.set(piece.data.subarray(from * bytes, (from + 1) * bytes), to * bytes));
    }
    const frames = { width: piece.width, height: piece.height, data, times: wanted.map((i) => piece.times[i]!) };
    const start = Math.ceil(piece.first / every);
    const work = (wanted.length ? pool.detect(frames, { clip }) : Promise.resolve([])).then(
      (faces) => {
        faces.forEach((row, i) => (detections[start + i] = row.map(slim)));
        onFrames?.((through += piece.times.length));
      },
      (error: unknown) => void (failure ??= { error }),
    );
    underWay.add(work);
    void work.then(() => underWay.delete(work));
    if (underWay.size >= pool.width) await Promise.race(underWay);
    if (failure) break;
  }
  await Promise.all(underWay);
  if (failure) throw failure.error;
  signal.throwIfAborted();
  const { width, height, scale } = size;
  const tracked = tracker.track(detections, { width, height, times: times.filter((_, i) => i % every === 0), clip });
  const whole = (boxes: readonly (Box | null)[]) => spread(boxes, every, times.length).map((box) => scaleBox(box, scale));
  const tracks: FaceTrack[] = tracked.tracks.map(({ id, boxes }) => ({ id, boxes: whole(boxes) }));
  return {
    ...tracked,
    tracks,
    principal: whole(tracked.principal),
    width: Math.round(width * scale),
    height: Math.round(height * scale),
    times,
    faces: detections.reduce((sum, { length }) => sum + length, 0),
  };
}
