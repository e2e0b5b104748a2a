import type { ClipGeometry, FaceTrack } from 'mienlab/contracts';
import { boxArea, boxCentre } from 'mienlab/video';

/** What makes a face the principal; an exponent of 0 leaves its part out. */
export interface Prominence {
  /** Exponents. */
  presence: number;
  size: number;
  centre: number;
  /** Of the Gaussian over the horizontal place, in widths of the frame. */
  width: number;
}

/**
 * presence^p * mean over the track's own boxes of (size / frame height)^s * exp(-((x / frame width - 0.5) / width)^2)^c,
 * with size the square root of the box's area and x its middle. With p = 1, s = 2, c = 1 it is the mean over all frames, absent = 0.
 */
function prominence({ boxes }: FaceTrack, { width, height }: ClipGeometry, weights: Prominence): number {
  let sum = 0;
  let seen = 0;
  for (const box of boxes) {
    if (!box) continue;
    const offset = (boxCentre(box)[0] / width - 0.5) / weights.width;
    sum += (Math.sqrt(boxArea(box)) / height) ** weights.size * Math.exp(-weights.centre * offset * offset);
    seen++;
  }
  return seen === 0 ? 0 : (seen / boxes.length) ** weights.presence * (sum / seen);
}

/** The most prominent track, the first of equals; undefined without tracks. */
export function principalTrack(tracks: readonly FaceTrack[], clip: ClipGeometry, weights: Prominence): FaceTrack | undefined {
  let best: FaceTrack | undefined;
  let most = -1;
  for (const track of tracks) {
    const value = prominence(track, clip, weights);
    if (value > most) [best, most] = [track, value];
  }
  return best;
}
