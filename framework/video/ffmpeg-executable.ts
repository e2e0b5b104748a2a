import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Fault } from '../faults/index.js';
import { cacheFolder } from '../paths.js';

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function cached(): string[] {
  const folder = join(cacheFolder(), 'ffmpeg');
  try {
    return readdirSync(folder)
      .sort()
      .reverse()
      .map((version) => join(folder, version, 'ffmpeg'));
  } catch {
    return [];
  }
}

/** The ffmpeg to run: MIENLAB_FFMPEG, else the one on PATH, else the newest that setup put into the cache. Throws Fault FFMPEG_MISSING. */
export function ffmpegExecutable(): string {
  const named = process.env['MIENLAB_FFMPEG'];
  if (named) return named;
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'ffmpeg'));
  const found = [...onPath, ...cached()].find(executable);
  if (!found) throw new Fault('FFMPEG_MISSING', 'there is no ffmpeg', { hint: 'run `mienlab setup --only ffmpeg`, or install ffmpeg' });
  return found;
}
