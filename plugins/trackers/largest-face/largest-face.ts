import type { Box, Detection, Tracker } from 'mienlab/contracts';
import { boxArea } from 'mienlab/video';

/** Of equal areas the first, which has the higher score. */
function largest(faces: readonly Detection[], minSize: number): Box | null {
  let best: Box | null = null;
  for (const { box } of faces) {
    if (Math.min(box.width, box.height) >= minSize && (!best || boxArea(box) > boxArea(best))) best = box;
  }
  return best;
}

/** The largest face of each frame, whoever it is: one track, which may jump from person to person. `minSize` is in pixels. */
export function largestFace(minSize: number): Tracker {
  return {
    track(detections) {
      const principal = detections.map((faces) => largest(faces, minSize));
      return { tracks: principal.some(Boolean) ? [{ id: 0, boxes: principal }] : [], principal };
    },
    dispose: () => {},
  };
}
