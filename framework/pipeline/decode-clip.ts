import type { Settings } from '../config/settings-schema.js';
import type { Clip } from '../contracts/index.js';
import { decodeFrames, type DecodedFrames } from '../video/index.js';

/** The frames of a clip that the settings ask for; a clip that gives fewer (sampling fps) repeats its last one, so that shapes hold. */
export async function decodeClip(clip: Clip, video: Settings['video'], signal: AbortSignal): Promise<DecodedFrames> {
  const frames = await decodeFrames(clip.video, {
    frames: video.frames,
    sampling: video.sampling === 'fps' ? { policy: 'fps', rate: video.fps } : { policy: 'uniform' },
    maxSide: video['max-side'] || undefined,
    clip: clip.id,
    signal,
  });
  const { times, width, height } = frames;
  if (times.length >= video.frames) return frames;
  const size = width * height * 3;
  const chosen = Array.from({ length: video.frames }, (_, index) => Math.min(index, times.length - 1));
  const data = new Uint8Array(chosen.length * size);
  chosen.forEach((from, index) => data.set(frames.data.subarray(from * size, (from + 1) * size), index * size));
  return { ...frames, data, times: chosen.map((index) => times[index]!) };
}
