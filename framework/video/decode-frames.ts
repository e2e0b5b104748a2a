import { stat } from 'node:fs/promises';
import type { Frames } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { everyFrame, inputArgs, pictureFilters, refusedEveryFrame } from './ffmpeg-arguments.js';
import { pickFrames, videoDuration, type Sampling } from './pick-frames.js';
import { runFfmpeg } from './run-ffmpeg.js';
import { VideoLog } from './video-log.js';

export interface DecodeOptions {
  /** How many frames at most (`fps`) or exactly (`uniform`); at least 1. */
  frames: number;
  /** `uniform` where it is not given. */
  sampling?: Sampling;
  /** Frames whose longer side is longer are scaled down to it, pixels. */
  maxSide?: number;
  /** Frames are scaled to exactly this, whatever their shape; excludes `maxSide`. */
  size?: { width: number; height: number };
  /** The clip's name in faults; the path where it is not given. */
  clip?: string;
  signal?: AbortSignal;
}

/** Sampled frames, upright and with square pixels. */
export interface DecodedFrames extends Frames {
  /** Degrees that the file asked to turn its pictures clockwise by, 0..359; already done. */
  rotation: number;
  /** Seconds from the first video frame to the end of the last. */
  duration: number;
  /** Size of the upright video before scaling, pixels: boxes in these frames times `source.width / width` are boxes in the video. */
  source: { width: number; height: number };
}

/** Files up to this size are decoded whole by one process and sampled here, unless their frames prove too much. Bytes. */
const SMALL_FILE = 1 << 20;
const SMALL_OUTPUT = 96 << 20;

/**
 * Decodes the sampled frames of one video: one ffmpeg where the file is small, else one that lists the time stamps and one that decodes.
 * Frames are chosen by their true time stamps, so a variable rate is no matter. Throws Fault VIDEO_UNREADABLE (not there, not a video, only
 * sound, cut off), VIDEO_EMPTY (no byte or no frame), FFMPEG_MISSING, and the signal's reason when aborted.
 */
export async function decodeFrames(path: string, options: DecodeOptions): Promise<DecodedFrames> {
  const clip = options.clip ?? path;
  const { size } = await stat(path).catch((cause: Error) => {
    throw new Fault('VIDEO_UNREADABLE', `${path} cannot be opened: ${cause.message}`, { clip, expected: 'a video file', cause });
  });
  if (size === 0) throw new Fault('VIDEO_EMPTY', `${path} is an empty file`, { clip, expected: 'a video file' });
  if (size <= SMALL_FILE) {
    const all = await decode(path, options, clip);
    if (all) return sample(all, options, clip);
  }
  const listed = await listTimes(path, options, clip);
  const picked = [...new Set(pickFrames(listed.times, options.frames, options.sampling ?? { policy: 'uniform' }, listed.period))];
  const some = await decode(path, options, clip, { times: listed.times, picked });
  return sample(some!, options, clip, listed);
}

interface Decoded {
  log: VideoLog;
  pixels: Buffer;
}

/** Decodes all frames, or the listed ones; undefined where all of them are too much to keep. */
async function decode(path: string, options: DecodeOptions, clip: string, only?: Selection): Promise<Decoded | undefined> {
  const log = new VideoLog();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const end = await runFfmpeg({
    args: [...inputArgs(path), '-vf', filters(options, only), ...everyFrame(), '-f', 'rawvideo', 'pipe:1'],
    signal: options.signal,
    line: (line) => log.read(line),
    output: (chunk) => {
      chunks.push(chunk);
      bytes += chunk.length;
      return Boolean(only) || bytes <= SMALL_OUTPUT;
    },
  });
  if (!only && bytes > SMALL_OUTPUT) return undefined;
  if (refusedEveryFrame(end)) return decode(path, options, clip, only);
  log.check(end, path, clip, log.times);
  if (!only) log.checkLength(end, path, clip, log.times);
  return { log, pixels: Buffer.concat(chunks, bytes) };
}

/** Time stamps of all frames, read from the packets without decoding them. */
async function listTimes(path: string, options: DecodeOptions, clip: string): Promise<{ times: number[]; period: number }> {
  const log = new VideoLog();
  let text = '';
  const end = await runFfmpeg({
    args: [...inputArgs(path), '-c', 'copy', '-f', 'framecrc', 'pipe:1'],
    signal: options.signal,
    line: (line) => log.read(line),
    output: (chunk) => Boolean((text += chunk.toString('latin1'))),
  });
  const [, numerator, denominator] = /^#tb 0: (\d+)\/(\d+)/m.exec(text) ?? [];
  const unit = Number(numerator) / Number(denominator);
  const times: number[] = [];
  for (const line of text.split('\n')) {
    const packet = /^0, *-?\d+, *(-?\d+),/.exec(line);
    // Flag 4: decoded but not shown.
    if (packet && !(parseInt(/F=0x([0-9a-f]+)/i.exec(line)?.[1] ?? '0', 16) & 4)) times.push(Number(packet[1]) * unit);
  }
  times.sort((a, b) => a - b);
  log.check(end, path, clip, times);
  log.checkLength(end, path, clip, times);
  return { times, period: log.period };
}

interface Selection {
  times: readonly number[];
  picked: readonly number[];
}

function filters(options: DecodeOptions, only?: Selection): string {
  const select = only ? [`select='${only.picked.map((index) => around(only.times, index)).join('+')}'`] : [];
  return [...select, ...pictureFilters(options)].join(',');
}

/** An ffmpeg condition that is true for the frame at `index` alone. */
function around(times: readonly number[], index: number): string {
  const time = times[index]!;
  const gaps = [time - (times[index - 1] ?? -Infinity), (times[index + 1] ?? Infinity) - time].filter((gap) => gap > 0);
  const half = Math.min(...gaps, 1) / 2;
  return `between(t,${(time - half).toFixed(6)},${(time + half * 0.999).toFixed(6)})`;
}

/** Takes the wanted frames out of the decoded ones. `listed` are the time stamps of all frames where only some were decoded. */
function sample(
  { log, pixels }: Decoded,
  options: DecodeOptions,
  clip: string,
  listed?: { times: number[]; period: number },
): DecodedFrames {
  const { width, height } = log.output!;
  const bytes = width * height * 3;
  const count = Math.min(log.times.length, Math.floor(pixels.length / bytes));
  if (count === 0) throw new Fault('VIDEO_EMPTY', 'no frame of the video can be decoded', { clip });
  const all = listed?.times ?? log.times.slice(0, count);
  const targets = pickFrames(all, options.frames, options.sampling ?? { policy: 'uniform' }, log.period);
  // Where only some frames were decoded, the one whose time stamp is nearest to the listed one.
  const picked = listed ? targets.map((index) => nearestIndex(log.times, all[index]!, count)) : targets;
  const data = new Uint8Array(picked.length * bytes);
  picked.forEach((index, k) => data.set(pixels.subarray(index * bytes, (index + 1) * bytes), k * bytes));
  return {
    width,
    height,
    data,
    times: picked.map((index) => log.times[index]!),
    rotation: log.rotation,
    duration: videoDuration(all, log.period),
    source: log.source!,
  };
}

function nearestIndex(times: readonly number[], time: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (Math.abs(times[i]! - time) < Math.abs(times[best]! - time)) best = i;
  return best;
}
