import type { Box, Tracker, TrackStream } from '../contracts/index.js';
import type { PrincipalPolicy } from './principal-policy.js';

/**
 * A tracker made of a stream, which ties faces to tracks frame by frame, and of a policy, which chooses the principal when all frames are
 * seen. Its tracks are numbered from 0 in order of first sight and hold the detections' own boxes.
 */
export function streamTracker(open: () => TrackStream, choose: PrincipalPolicy): Tracker {
  return {
    stream: open,
    track(detections, clip) {
      const stream = open();
      const boxesOf = new Map<number, (Box | null)[]>();
      detections.forEach((faces, frame) => {
        stream.push(faces, clip.times[frame]!).forEach((id, face) => {
          if (id === null) return;
          let boxes = boxesOf.get(id);
          if (!boxes) boxesOf.set(id, (boxes = detections.map(() => null)));
          boxes[frame] = faces[face]!.box;
        });
      });
      for (const id of stream.end()) boxesOf.delete(id);
      return choose(
        [...boxesOf.values()].map((boxes, id) => ({ id, boxes })),
        clip,
      );
    },
    dispose: () => {},
  };
}
