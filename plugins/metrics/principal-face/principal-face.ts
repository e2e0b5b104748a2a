import type { Box, ClipTruth, Metric, ScoredClip } from 'mienlab/contracts';
import { boxAt, boxIou } from 'mienlab/video';

interface Count {
  /** Frames in which the principal is to be seen. */
  visible: number;
  right: number;
}

/** Whether a box is on the principal's face: nobody's true box overlaps it more, and the principal's enough. */
function isPrincipal(box: Box, truth: ClipTruth, time: number, least: number): boolean {
  let best = 0;
  let nearest = '';
  for (const { id, boxes } of truth.people) {
    const own = boxAt(time, truth.times, boxes);
    const iou = own ? boxIou(box, own) : 0;
    if (iou > best) [best, nearest] = [iou, id];
  }
  return nearest === truth.principal && best >= least;
}

function countFrames({ clip: { truth }, principal, times }: ScoredClip, least: number): Count | null {
  const person = truth?.people.find(({ id }) => id === truth.principal);
  if (!truth || !person || !principal) return null;
  const count = { visible: 0, right: 0 };
  times.forEach((time, frame) => {
    if (!boxAt(time, truth.times, person.boxes)) return;
    count.visible++;
    const box = principal[frame];
    if (box && isPrincipal(box, truth, time, least)) count.right++;
  });
  return count;
}

/**
 * Of the sampled frames in which the true principal is to be seen, the share in which the run's principal box is on that face, 0..1. No box
 * is wrong. A clip has no value without truth, without a principal face in the run, or where the principal is in no sampled frame. Over a set
 * of clips: the share of all their frames.
 * @param least intersection over union, 0..1
 */
export function principalFace(least: number): Metric {
  return {
    score(clips) {
      const counts = clips.map((clip) => countFrames(clip, least));
      const aggregate = (indices: readonly number[]) => {
        let [visible, right] = [0, 0];
        for (const index of indices) {
          visible += counts[index]?.visible ?? 0;
          right += counts[index]?.right ?? 0;
        }
        return right / visible;
      };
      const values = counts.map((count) => (count?.visible ? count.right / count.visible : null));
      return Promise.resolve([{ name: 'principal-face', values, aggregate, higherIsBetter: true, caption: false }]);
    },
    dispose: () => {},
  };
}
