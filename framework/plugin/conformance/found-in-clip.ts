import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Detector } from '../../contracts/index.js';
import { packageRoot } from '../../paths.js';
import { readMotFile } from '../../tracking/mot-text.js';
import { boxIou, decodeFrames, ffmpegExecutable } from '../../video/index.js';

/** Real clips with truth in MOT rows, and their frames per second. They are shared, never copied. */
const clips = join(packageRoot, '../shared/data/clips');
const rates = { '04-two-faces-head-tilt': 12, '10-two-faces-speech': 11.9 } as const;

/**
 * For tests: how many of the annotated faces of a shared real clip a detector finds in evenly spaced frames (at an intersection over union of
 * 0.3), and how many it sees beside them. null, and says why, where the clip or ffmpeg is not there.
 */
export async function foundInClip(
  detector: Detector,
  clip: keyof typeof rates,
  frames = 8,
): Promise<{ annotated: number; found: number; surplus: number } | null> {
  const video = join(clips, `${clip}.mp4`);
  try {
    if (!existsSync(video)) throw new Error(`${video} is not here`);
    ffmpegExecutable();
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`);
    return null;
  }
  const decoded = await decodeFrames(video, { frames });
  const faces = await detector.detect(decoded);
  const rows = readMotFile(join(clips, `${clip}.gt.txt`));
  const counts = { annotated: 0, found: 0, surplus: 0 };
  decoded.times.forEach((time, i) => {
    const truth = rows.filter(({ frame }) => frame === Math.round(time * rates[clip]) + 1);
    if (truth.length === 0) return;
    counts.annotated += truth.length;
    counts.found += truth.filter(({ box }) => faces[i]!.some((face) => boxIou(face.box, box) >= 0.3)).length;
    counts.surplus += faces[i]!.filter((face) => truth.every(({ box }) => boxIou(face.box, box) < 0.3)).length;
  });
  return counts;
}
