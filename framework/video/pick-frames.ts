/**
 * Which frames of a clip a model sees. `uniform`: the clip is cut into as many equal segments as frames are wanted, and the frame shown at the
 * middle of each is taken. `fps`: as many frames as the rate and the clip's length give (at least 1, at most those wanted), spread the same way.
 */
export type Sampling = { policy: 'uniform' } | { policy: 'fps'; rate: number };

/** Seconds from the first frame to the end of the last one; the last frame is held as long as the mean one, or `period` where it is alone. */
export function videoDuration(times: readonly number[], period: number): number {
  const span = times[times.length - 1]! - times[0]!;
  return times.length > 1 ? (span * times.length) / (times.length - 1) : period;
}

/**
 * Indices into `times` (ascending seconds, one a frame, not empty) of the frames to take, ascending. A clip of fewer frames than wanted gives
 * some of them more than once.
 */
export function pickFrames(times: readonly number[], wanted: number, sampling: Sampling, period: number): number[] {
  const duration = videoDuration(times, period);
  const count = sampling.policy === 'fps' ? Math.min(wanted, Math.max(1, Math.round(duration * sampling.rate))) : wanted;
  // A hundredth of a frame, so that rounded time stamps fall on the right side.
  const tolerance = (0.01 * duration) / times.length;
  const picked: number[] = [];
  let index = 0;
  for (let k = 0; k < count; k++) {
    const target = times[0]! + ((k + 0.5) / count) * duration + tolerance;
    while (index + 1 < times.length && times[index + 1]! <= target) index++;
    picked.push(index);
  }
  return picked;
}
