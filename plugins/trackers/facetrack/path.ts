import type { Box } from 'mienlab/contracts';
import { boxArea, boxCentre, boxIou } from 'mienlab/video';

/** How faces of one frame may be tied to the tracks of the frames before. "Face size" is the square root of a box's area. */
export interface Association {
  /** Share of the overlap in the fit, 0..1. */
  iouWeight: number;
  /** Face sizes, face sizes per second, face sizes. */
  baseReach: number;
  maxSpeed: number;
  maxReach: number;
  /** Ratio of face sizes, above 1. */
  maxGrowth: number;
  /** Seconds, frames. */
  maxAge: number;
  maxMissed: number;
  /** After a cut: seconds, intersection over union. */
  returnAge: number;
  returnOverlap: number;
}

const faceSize = (box: Box) => Math.sqrt(boxArea(box));

/** Share of the newest measurement in a path's velocity: sparse samples are few, but a box jitters by some hundredths of its size. */
const newest = 0.6;

/** One face as far as it has been followed: where it was last, and its velocity. */
export class Path {
  /** Frames with the face. */
  seen = 1;
  /** Whether a cut took it out of sight. */
  cutAway = false;
  /** Pixels per second, [x, y]; unknown before the second sighting. */
  private velocity: [number, number] | undefined;

  constructor(
    readonly id: number,
    private box: Box,
    /** Of the last sighting, from 0; seconds. */
    public frame: number,
    public time: number,
  ) {}

  /** Whether it is not worth waiting for any more. */
  lost(frame: number, time: number, { maxAge, maxMissed }: Association): boolean {
    return time - this.time > maxAge && frame - this.frame - 1 > maxMissed;
  }

  /** Where the face should be at a time, its size unchanged; never further from the last sighting than a face may move. */
  private predict(time: number, reach: number): Box {
    const [x, y] = this.velocity ?? [0, 0];
    const elapsed = time - this.time;
    const distance = Math.hypot(x, y) * elapsed;
    const most = reach * faceSize(this.box);
    const share = distance > most ? (elapsed * most) / distance : elapsed;
    return { ...this.box, x: this.box.x + x * share, y: this.box.y + y * share };
  }

  /**
   * How well a face fits, above 0 up to 1; 0 where it is out of reach or has grown or shrunk too much. Gaussian in distance and log size,
   * flat near 0, so that two fair pairs are worth more than one perfect pair and one face left over.
   */
  fit(box: Box, time: number, rules: Association): number {
    const reach = Math.min(rules.maxReach, rules.baseReach + rules.maxSpeed * (time - this.time));
    const predicted = this.predict(time, reach);
    const [size, before] = [faceSize(box), faceSize(this.box)];
    const growth = Math.abs(Math.log(size / before));
    const [x, y] = boxCentre(box);
    const [predictedX, predictedY] = boxCentre(predicted);
    const distance = Math.hypot(x - predictedX, y - predictedY) / Math.sqrt(size * before);
    if (!(distance <= reach) || !(growth <= Math.log(rules.maxGrowth))) return 0;
    const likeness = Math.exp(-(distance ** 2) - (2 * growth) ** 2);
    return rules.iouWeight * boxIou(box, predicted) + (1 - rules.iouWeight) * likeness;
  }

  /** How well a face stands where this one stood when a cut took it away, 0 where it does not. */
  returns(box: Box, { returnOverlap }: Association): number {
    const overlap = boxIou(box, this.box);
    return overlap >= returnOverlap ? overlap : 0;
  }

  see(box: Box, frame: number, time: number): void {
    // Shots have no motion in common.
    if (this.cutAway) this.velocity = undefined;
    const [x, y] = boxCentre(box);
    const [beforeX, beforeY] = boxCentre(this.box);
    const elapsed = time - this.time;
    if (elapsed > 0 && !this.cutAway) {
      const measured = [(x - beforeX) / elapsed, (y - beforeY) / elapsed] as const;
      const [oldX, oldY] = this.velocity ?? measured;
      this.velocity = [newest * measured[0] + (1 - newest) * oldX, newest * measured[1] + (1 - newest) * oldY];
    }
    this.cutAway = false;
    this.seen++;
    this.box = box;
    this.time = time;
    this.frame = frame;
  }
}
