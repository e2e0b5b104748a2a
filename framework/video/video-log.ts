import { Fault } from '../faults/index.js';
import type { FfmpegEnd } from './run-ffmpeg.js';
import { videoDuration } from './pick-frames.js';

/** What an ffmpeg says of a video in its log: its header, and every frame that passed the filter `showinfo`. */
export class VideoLog {
  /** Seconds of every frame that passed. */
  readonly times: number[] = [];
  /** Pixels after scaling. */
  output?: { width: number; height: number };
  /** Pixels before scaling, upright, square. */
  source?: { width: number; height: number };
  rotation = 0;
  /** Seconds a frame is shown by the header's rate. */
  period = 0.04;
  private unit = 0;
  private inInput = false;
  private hasSound = false;
  private hasVideo = false;
  /** Seconds by the header. */
  private announced?: number;

  read(line: string): void {
    if (line.includes('showinfo')) this.readFrame(line);
    else this.readHeader(line);
  }

  private readFrame(line: string): void {
    const unit = /config in time_base: (\d+)\/(\d+)/.exec(line);
    if (unit) this.unit = Number(unit[1]) / Number(unit[2]);
    const frame = / n: *\d+ pts: *(\S+)/.exec(line);
    if (!frame) return;
    const time = Number(frame[1]) * this.unit;
    this.times.push(Number.isFinite(time) ? time : (this.times.at(-1) ?? -this.period) + this.period);
    const size = / sar:(\d+)\/(\d+) s:(\d+)x(\d+)/.exec(line);
    if (!size || this.source) return;
    const aspect = Number(size[1]) && Number(size[2]) ? Number(size[1]) / Number(size[2]) : 1;
    this.source = { width: Math.round(Number(size[3]) * aspect), height: Number(size[4]) };
  }

  private readHeader(line: string): void {
    if (/Input #0/.test(line)) this.inInput = true;
    else if (/Output #0|Stream mapping/.test(line)) this.inInput = false;
    if (!this.inInput) {
      const size = /Stream #0:0.*Video: rawvideo.* (\d+)x(\d+)/.exec(line);
      if (size) this.output = { width: Number(size[1]), height: Number(size[2]) };
      return;
    }
    const duration = /Duration: (\d+):(\d\d):(\d\d\.\d+)/.exec(line);
    if (duration) this.announced = Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]);
    if (/Stream #0.*Audio:/.test(line)) this.hasSound = true;
    if (/Stream #0.*Video:/.test(line) && !this.hasVideo && !/attached pic/.test(line)) {
      this.hasVideo = true;
      const rate = Number(/([\d.]+) fps/.exec(line)?.[1]);
      if (rate > 0) this.period = 1 / rate;
    }
    // The matrix turns counter-clockwise; ffmpeg has turned the frames already.
    const turned = /rotation of (-?[\d.]+) degrees/.exec(line);
    if (turned) this.rotation = ((-Math.round(Number(turned[1])) % 360) + 360) % 360;
  }

  /** Throws the fault that the log and the exit status give away. `times` are those of the frames found. */
  check(end: FfmpegEnd, path: string, clip: string, times: readonly number[]): void {
    const [error] = end.errors;
    const details = { clip, expected: 'a video file', cause: error === undefined ? undefined : new Error(end.errors.join('; ')) };
    if (!this.hasVideo) {
      const what = this.hasSound ? 'has sound but no video' : `is not a video that ffmpeg can read (${error ?? 'no stream found'})`;
      throw new Fault('VIDEO_UNREADABLE', `${path} ${what}`, details);
    }
    if (times.length === 0 && error === undefined) throw new Fault('VIDEO_EMPTY', `${path} has no frame`, details);
    if (times.length === 0 || end.code !== 0) {
      throw new Fault('VIDEO_UNREADABLE', `${path} cannot be decoded (${error ?? `ffmpeg ended with ${end.code}`})`, details);
    }
  }

  /** Throws Fault VIDEO_UNREADABLE where ffmpeg saw errors and `times`, those of all frames, end before the header says. */
  checkLength(end: FfmpegEnd, path: string, clip: string, times: readonly number[]): void {
    const last = times[0]! + videoDuration(times, this.period);
    if (!end.errors.length || !this.announced || last >= this.announced - Math.max(2 * this.period, 0.1)) return;
    throw new Fault('VIDEO_UNREADABLE', `${path} is cut off: ${last.toFixed(1)} s of ${this.announced.toFixed(1)} s can be read`, {
      clip,
      expected: 'a whole video file',
      cause: new Error(end.errors.join('; ')),
    });
  }
}
