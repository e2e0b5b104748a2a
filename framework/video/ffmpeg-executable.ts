import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Fault } from '../faults/index.js';
import { cacheFolder } from '../paths.js';

/** The release of the PyPI package imageio-ffmpeg whose ffmpeg `mienlab setup` unpacks where the system has none. */
export const cachedFfmpegVersion = '0.8.1';

/** Where `mienlab setup` puts that binary. */
export function cachedFfmpegPath(): string {
  return join(cacheFolder(), 'ffmpeg', cachedFfmpegVersion, 'ffmpeg');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The absolute path of the ffmpeg to use: MIENLAB_FFMPEG, else the system's on PATH, else the one from `mienlab setup`.
 * The last has no ffprobe beside it, so use ffmpeg alone.
 * @throws Fault FFMPEG_MISSING where there is none, or where MIENLAB_FFMPEG names something that cannot be run
 */
export function ffmpegExecutable(): string {
  const named = process.env['MIENLAB_FFMPEG'];
  if (named) {
    if (isExecutable(named)) return named;
    throw new Fault('FFMPEG_MISSING', `MIENLAB_FFMPEG names ${named}, which is not a program that can be run`, {
      hint: 'let it name an ffmpeg program, or unset it',
    });
  }
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, 'ffmpeg'));
  const found = [...onPath, cachedFfmpegPath()].find(isExecutable);
  if (found) return found;
  throw new Fault('FFMPEG_MISSING', 'no ffmpeg on PATH and none from mienlab setup', {
    hint: 'run "mienlab setup --only ffmpeg", or install the system package ffmpeg (Debian, Ubuntu: apt install ffmpeg)',
  });
}
