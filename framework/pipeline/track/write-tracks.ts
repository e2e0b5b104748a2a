import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PluginConfig } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import { writeMot } from '../../tracking/mot-text.js';
import type { TrackedVideo } from './track-video.js';

/** Where the tracks came from, for whoever reads them later. */
export interface TracksOrigin {
  /** Absolute path of the video. */
  video: string;
  detector: { name: string; config: PluginConfig };
  tracker: { name: string; config: PluginConfig };
  every: number;
}

const round = (value: number) => Math.round(value * 1000) / 1000;

async function writeWhole(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.part`;
  try {
    await writeFile(aside, text);
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** @throws Fault RUN_FAILED where tracks of another video lie there */
export function assertFree(base: string, video: string): void {
  if (!existsSync(`${base}.json`)) return;
  let other: unknown;
  try {
    other = (JSON.parse(readFileSync(`${base}.json`, 'utf8')) as { video?: unknown } | null)?.video;
  } catch {
    other = 'something else';
  }
  if (other === video) return;
  throw new Fault('RUN_FAILED', `${base}.json holds tracks of ${String(other)}`, { clip: video, hint: 'name another folder by --out' });
}

/**
 * Writes BASE.txt, all tracks in MOTChallenge text (ids from 1), and BASE.json: size, seconds of the frames, the principal's box in each, and
 * why it was chosen. Each is written aside and renamed.
 */
export async function writeTracks(base: string, tracked: TrackedVideo, origin: TracksOrigin): Promise<void> {
  await mkdir(dirname(base), { recursive: true });
  const { width, height, times, tracks, principal, choice } = tracked;
  const rows = tracks.flatMap(({ id, boxes }) => boxes.flatMap((box, i) => (box ? [{ frame: i + 1, id: id + 1, box, score: 1 }] : [])));
  const summary = {
    ...origin,
    width,
    height,
    frames: times.length,
    tracks: tracks.map(({ id, boxes }) => ({
      id: id + 1,
      first: boxes.findIndex(Boolean) + 1,
      last: boxes.findLastIndex(Boolean) + 1,
      frames: boxes.filter(Boolean).length,
    })),
    ...(choice && { policy: choice.policy, scores: choice.scores.map(({ track, ...rest }) => ({ track: track + 1, ...rest })) }),
    principal: principal.map((box) => box && [box.x, box.y, box.width, box.height].map(round)),
    times: times.map((time) => Math.round(time * 1e6) / 1e6),
  };
  await writeWhole(`${base}.txt`, writeMot(rows));
  await writeWhole(`${base}.json`, `${JSON.stringify(summary)}\n`);
}
