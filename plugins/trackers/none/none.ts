import type { Tracker } from 'mienlab/contracts';

/** No tracks, and no principal face in any frame: the baseline of every tracker. */
export const none: Tracker = {
  track: (detections) => ({ tracks: [], principal: detections.map(() => null) }),
  dispose: () => {},
};
