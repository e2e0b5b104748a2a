import { resolve } from 'node:path';
import type { FfmpegEnd } from './run-ffmpeg.js';

/** Only the first moving picture of one file: a playlist must not make ffmpeg reach for the network; `V` leaves out cover pictures. */
export function inputArgs(path: string): string[] {
  return ['-protocol_whitelist', 'file,pipe', '-i', `file:${resolve(path)}`, '-map', '0:V:0'];
}

/** Filters that make square pixels and RGB bytes, scaled down to `maxSide` or to exactly `size`, and log every frame that passes. */
export function pictureFilters({ maxSide, size }: { maxSide?: number; size?: { width: number; height: number } }): string[] {
  const limit = maxSide ? `*min(1,${maxSide}/max(iw*sar,ih))` : '';
  const scale = size ? `w=${size.width}:h=${size.height}` : `w='max(1,round(iw*sar${limit}))':h='max(1,round(ih${limit}))'`;
  return ['showinfo=checksum=0', `scale=${scale}:flags=bilinear+accurate_rnd+full_chroma_int+bitexact`, 'format=rgb24'];
}

/** Before ffmpeg 5.1 the option had another name. */
const now = ['-fps_mode', 'passthrough'];
let known = now;

/** The option by which every frame goes out exactly once, whatever its time stamp. */
export const everyFrame = (): readonly string[] => known;

/** Whether this ffmpeg refused that option; the next call of `everyFrame` then gives its old name. */
export function refusedEveryFrame({ errors }: FfmpegEnd): boolean {
  if (known !== now || !errors.some((error) => error.includes("'fps_mode'"))) return false;
  known = ['-vsync', '0'];
  return true;
}
