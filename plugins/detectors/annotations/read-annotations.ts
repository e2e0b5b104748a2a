import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Detection } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { readMotFile } from 'mienlab/plugin';

function fileOf(path: string, clip: string | undefined): string {
  const inFolder = ['.txt', '.json'].map((end) => join(path, `${clip}${end}`));
  if (existsSync(path) && !statSync(path).isDirectory()) return path;
  const found = clip === undefined ? undefined : inFolder.find((file) => existsSync(file));
  if (found) return found;
  throw new Fault('DATASET_MISSING', `there is no ${clip}.txt and no ${clip}.json in ${path}`, {
    ...(clip !== undefined && { clip }),
    key: 'detector.path',
    expected: 'a file for every clip, named after it',
  });
}

/** {"frames": [[{"box": [x, y, width, height], "score": 0.9}, ...], ...]}; the score is 1 where it is absent. */
function readJson(source: string): Detection[][] {
  const invalid = (what: string, cause?: unknown) =>
    new Fault('TRACKS_INVALID', what, {
      where: { source },
      expected: '{"frames": [[{"box": [x, y, width, height], "score": 0..1}, ...], ...]}',
      cause,
    });
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(source, 'utf8'));
  } catch (cause) {
    throw invalid(`it cannot be read: ${(cause as Error).message}`, cause);
  }
  const frames = (parsed as { frames?: unknown } | null)?.frames;
  if (!Array.isArray(frames)) throw invalid('it has no list "frames"');
  return frames.map((faces: unknown, frame) => {
    if (!Array.isArray(faces)) throw invalid(`frame ${frame + 1} is no list`);
    return faces.map((face: unknown, i) => {
      const { box, score = 1 } = (face ?? {}) as { box?: unknown; score?: unknown };
      const numbers = Array.isArray(box) ? (box as unknown[]) : [];
      const sound = numbers.length === 4 && [...numbers, score].every((value) => Number.isFinite(value));
      const [x, y, width, height] = numbers as [number, number, number, number];
      if (!sound || width < 0 || height < 0 || !((score as number) >= 0 && (score as number) <= 1)) {
        throw invalid(`face ${i + 1} of frame ${frame + 1} is not sound`);
      }
      return { box: { x, y, width, height }, score: score as number };
    });
  });
}

/**
 * Faces [frame][face] of a clip out of a MOT or JSON file, or out of the one in a folder that has the clip's name.
 * @throws Fault DATASET_MISSING where there is none, TRACKS_INVALID where it is wrong
 */
export function readAnnotations(path: string, clip: string | undefined): Detection[][] {
  const file = fileOf(path, clip);
  if (extname(file).toLowerCase() === '.json') return readJson(file);
  const frames: Detection[][] = [];
  for (const { frame, box, score } of readMotFile(file, { detections: true })) {
    // Scores of ground truth are flags, and some detectors' are no probabilities.
    (frames[frame - 1] ??= []).push({ box, score: Math.min(1, Math.max(0, score)) });
  }
  return frames;
}
