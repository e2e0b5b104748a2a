import type { Box, Detection, FaceTrack, TrackedClip } from '../contracts/index.js';
import { scaleBox } from '../video/index.js';
import type { RecordStore } from './record-store.js';

/** What a run knows of a clip once its frames were seen. Boxes are in pixels of the video. */
export interface PerceivedClip {
  width: number;
  height: number;
  times: readonly number[];
  tracks: readonly FaceTrack[];
  principal: readonly (Box | null)[];
  choice?: TrackedClip['choice'];
  /** Wall milliseconds of decoding, detecting and tracking; null where a cache answered. */
  ms: number | null;
}

/** What detecting leaves in the stage cache. Boxes are in pixels of the decoded frames. */
export interface Found {
  width: number;
  height: number;
  /** Pixels of the video over pixels of the decoded frames. */
  scale: number;
  times: readonly number[];
  detections: Detection[][];
  ms: number;
}

/** What tracking leaves in the stage cache. */
export interface Tracked extends TrackedClip {
  ms: number;
}

/** The clips that a run can use, by id. What is known of each stays in the stage cache until it is asked for. */
export class SeenClips {
  readonly #seen = new Map<string, { digest: string; ms: number | null }>();

  constructor(
    private readonly found: RecordStore<Found>,
    private readonly tracked: RecordStore<Tracked>,
  ) {}

  add(id: string, digest: string, ms: number | null): void {
    this.#seen.set(id, { digest, ms });
  }

  has(id: string): boolean {
    return this.#seen.has(id);
  }

  get(id: string): PerceivedClip | undefined {
    const seen = this.#seen.get(id);
    if (!seen) return undefined;
    const { width, height, scale, times } = this.found.get(seen.digest)!;
    const { tracks, principal, choice } = this.tracked.get(seen.digest)!;
    return {
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      times,
      tracks: tracks.map(({ id, boxes }) => ({ id, boxes: boxes.map((box) => scaleBox(box, scale)) })),
      principal: principal.map((box) => scaleBox(box, scale)),
      ...(choice && { choice }),
      ms: seen.ms,
    };
  }
}
