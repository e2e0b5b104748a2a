import { stat } from 'node:fs/promises';
import type { Frames } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { everyFrame, inputArgs, pictureFilters, refusedEveryFrame } from './ffmpeg-arguments.js';
import { runFfmpeg } from './run-ffmpeg.js';
import { VideoLog } from './video-log.js';

export interface StreamOptions {
  /** Frames whose longer side is longer are scaled down to it, pixels. */
  maxSide?: number;
  /** Most frames in a piece; large frames come in smaller ones. Default 8. */
  frames?: number;
  /** The clip's name in faults; the path where it is not given. */
  clip?: string;
  signal?: AbortSignal;
}

/** Some frames in a row, upright and with square pixels. */
export interface FramePiece extends Frames {
  /** Index of the first one in the video, from 0. */
  first: number;
  /** Size of the upright video before scaling, pixels. */
  source: { width: number; height: number };
}

/** Pieces that wait for whoever reads them; ffmpeg waits beyond that. */
const ahead = 2;
const pieceBytes = 48 << 20;

/** Cuts what ffmpeg writes into pieces, once their time stamps have come as well: those come by another pipe. */
class PieceMaker {
  readonly pieces: FramePiece[] = [];
  #loose: Buffer[] = [];
  #data: Uint8Array | undefined;
  #filled = 0;
  #first = 0;

  constructor(
    private readonly log: VideoLog,
    private readonly most: number,
  ) {}

  add(chunk: Buffer): void {
    this.#loose.push(chunk);
    this.advance();
  }

  /** Gives out what is complete; at the `end` also a piece with fewer frames. */
  advance(end = false): void {
    const { output, times } = this.log;
    if (!output || !this.log.source) return;
    const bytes = output.width * output.height * 3;
    const count = Math.max(1, Math.min(this.most, Math.floor(pieceBytes / bytes)));
    for (;;) {
      this.#data ??= new Uint8Array(count * bytes);
      while (this.#loose.length && this.#filled < this.#data.length) {
        const chunk = this.#loose[0]!;
        const part = chunk.subarray(0, this.#data.length - this.#filled);
        this.#data.set(part, this.#filled);
        this.#filled += part.length;
        if (part.length === chunk.length) this.#loose.shift();
        else this.#loose[0] = chunk.subarray(part.length);
      }
      const full = this.#filled === this.#data.length;
      const frames = Math.min(Math.floor(this.#filled / bytes), times.length - this.#first);
      if (frames < 1 || !(end || (full && frames === count))) return;
      this.pieces.push({
        ...output,
        data: this.#data.subarray(0, frames * bytes),
        times: times.slice(this.#first, this.#first + frames),
        first: this.#first,
        source: this.log.source,
      });
      this.#first += frames;
      this.#data = undefined;
      this.#filled = 0;
    }
  }
}

/**
 * All frames of a video in pieces, in order; decoding goes on while a piece is worked on, and memory does not grow with the video's length.
 * Each piece's data are its own, to be transferred at will. After the last piece throws what `decodeFrames` throws before the first: Fault
 * VIDEO_UNREADABLE (not there, not a video, only sound, cut off), VIDEO_EMPTY, FFMPEG_MISSING, the signal's reason when aborted.
 */
export async function* streamFrames(path: string, options: StreamOptions = {}): AsyncGenerator<FramePiece, void> {
  const clip = options.clip ?? path;
  const { size } = await stat(path).catch((cause: Error) => {
    throw new Fault('VIDEO_UNREADABLE', `${path} cannot be opened: ${cause.message}`, { clip, expected: 'a video file', cause });
  });
  if (size === 0) throw new Fault('VIDEO_EMPTY', `${path} is an empty file`, { clip, expected: 'a video file' });
  const log = new VideoLog();
  const maker = new PieceMaker(log, options.frames ?? 8);
  // Whoever leaves the loop early ends ffmpeg with it.
  const left = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
  let wakeReader = (): void => {};
  let wakeWriter = (): void => {};
  let ended = false;
  const run = runFfmpeg({
    args: [...inputArgs(path), '-vf', pictureFilters(options).join(','), ...everyFrame(), '-f', 'rawvideo', 'pipe:1'],
    signal,
    line: (line) => {
      log.read(line);
      maker.advance();
      if (maker.pieces.length) wakeReader();
    },
    output: (chunk) => {
      maker.add(chunk);
      if (maker.pieces.length) wakeReader();
      if (maker.pieces.length < ahead) return true;
      return new Promise<boolean>((resolve) => (wakeWriter = () => resolve(true)));
    },
  });
  const done = run.then(
    () => undefined,
    () => undefined,
  );
  void done.then(() => {
    ended = true;
    wakeReader();
  });
  try {
    while (!ended || maker.pieces.length) {
      const piece = maker.pieces.shift();
      if (piece) {
        if (maker.pieces.length < ahead) wakeWriter();
        yield piece;
      } else await new Promise<void>((resolve) => ((wakeReader = resolve), ended && resolve()));
    }
    const end = await run;
    maker.advance(true);
    yield* maker.pieces.splice(0);
    if (log.times.length === 0 && refusedEveryFrame(end)) return yield* streamFrames(path, options);
    log.check(end, path, clip, log.times);
    log.checkLength(end, path, clip, log.times);
  } finally {
    left.abort();
    wakeWriter();
    await done;
  }
}
