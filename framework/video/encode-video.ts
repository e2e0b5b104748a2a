import { rename, rm } from 'node:fs/promises';
import { Fault } from '../faults/index.js';
import { runFfmpeg } from './run-ffmpeg.js';

export interface EncodeOptions {
  /** Pixels, even: the colours are stored at half size. */
  width: number;
  height: number;
  /** Frames per second. */
  fps: number;
  /** Order of the bytes of a pixel, one byte each; `rgb24` where it is not given. */
  pixels?: 'rgb24' | 'rgba';
  /** x264's constant rate factor, 0 (lossless) to 51; 20 where it is not given. */
  quality?: number;
  /** x264's preset: how long it may take to make the file small; `veryfast` where it is not given. */
  preset?: 'ultrafast' | 'veryfast' | 'medium';
  /** The file to write, `.mp4`. */
  out: string;
  signal?: AbortSignal;
}

/**
 * Writes frames ([height, width, channel], uint8, one piece each) as H.264 in MP4, yuv420p. The same frames give the same bytes with the same
 * ffmpeg: one thread, no dates, no version strings. Written aside and renamed when whole. Throws Fault RUN_FAILED where ffmpeg refuses.
 */
export async function encodeVideo(frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, options: EncodeOptions): Promise<void> {
  const { width, height, fps, pixels = 'rgb24', quality = 20, preset = 'veryfast', out, signal } = options;
  const aside = `${out}.${process.pid}.part`;
  const input = ['-f', 'rawvideo', '-pix_fmt', pixels, '-s', `${width}x${height}`, '-r', String(fps), '-i', 'pipe:0'];
  const codec = ['-c:v', 'libx264', '-preset', preset, '-crf', String(quality), '-pix_fmt', 'yuv420p', '-threads', '1'];
  const exact = ['-flags:v', '+bitexact', '-fflags', '+bitexact', '-map_metadata', '-1'];
  try {
    const end = await runFfmpeg({ args: ['-y', ...input, ...codec, ...exact, '-f', 'mp4', `file:${aside}`], input: frames, signal });
    if (end.code !== 0) throw new Fault('RUN_FAILED', `${out} could not be written (${end.errors[0] ?? `ffmpeg ended with ${end.code}`})`);
    await rename(aside, out);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}
