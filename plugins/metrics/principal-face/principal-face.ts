import type { Box, ClipTruth, Metric, ScoredClip } from 'mienlab/contracts';
import { boxArea, boxAt, boxIou } from 'mienlab/video';

interface Count {
  /** Frames in which the principal is to be seen. */
  visible: number;
  right: number;
  /** Sum over these frames of the share of the true box that lies within the run's. */
  covered: number;
  /** How often the run's box went from one person to another. */
  switches: number;
}

/** Id of the person whose true box overlaps a box most, and enough; undefined where nobody's does. */
function personAt(box: Box, truth: ClipTruth, time: number, least: number): string | undefined {
  let best = 0;
  let nearest = '';
  for (const { id, boxes } of truth.people) {
    const own = boxAt(time, truth.times, boxes);
    const iou = own ? boxIou(box, own) : 0;
    if (iou > best) [best, nearest] = [iou, id];
  }
  return best >= least ? nearest : undefined;
}

function sharedArea(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

function countFrames({ clip: { truth }, principal, times }: ScoredClip, least: number): Count | null {
  const person = truth?.people.find(({ id }) => id === truth.principal);
  if (!truth || !person || !principal) return null;
  const count = { visible: 0, right: 0, covered: 0, switches: 0 };
  let last: string | undefined;
  times.forEach((time, frame) => {
    const own = boxAt(time, truth.times, person.boxes);
    const box = principal[frame];
    const found = box && personAt(box, truth, time, least);
    if (found && last && found !== last) count.switches++;
    last = found ?? last;
    if (!own) return;
    count.visible++;
    if (!box) return;
    if (found === truth.principal) count.right++;
    count.covered += sharedArea(own, box) / boxArea(own);
  });
  return count;
}

/**
 * `principal-face`: of the sampled frames in which the true principal is to be seen, the share in which the run's principal box is on that face,
 * 0..1; no box is wrong. Beside it `principal-coverage`: the mean share of the true box that lies within the run's, 0..1, and
 * `principal-switches`: how often in a clip the run's box goes over to another person. A clip has no value without truth, without a principal face
 * in the run, or where the principal is in no sampled frame. Over a set of clips: shares of all their frames, switches a clip.
 * @param least intersection over union that puts a box on a face, 0..1
 */
export function principalFace(least: number): Metric {
  return {
    score(clips) {
      const counts = clips.map((clip) => {
        const count = countFrames(clip, least);
        return count?.visible ? count : null;
      });
      const share = (part: 'right' | 'covered') => (indices: readonly number[]) => {
        let [visible, sum] = [0, 0];
        for (const index of indices) {
          visible += counts[index]?.visible ?? 0;
          sum += counts[index]?.[part] ?? 0;
        }
        return sum / visible;
      };
      const score = (name: string, part: 'right' | 'covered') => ({
        name,
        values: counts.map((count) => count && count[part] / count.visible),
        aggregate: share(part),
        higherIsBetter: true,
        caption: false,
      });
      return Promise.resolve([
        score('principal-face', 'right'),
        { ...score('principal-coverage', 'covered'), detail: true },
        {
          name: 'principal-switches',
          values: counts.map((count) => count && count.switches),
          higherIsBetter: false,
          caption: false,
          detail: true,
        },
      ]);
    },
    dispose: () => {},
  };
}
