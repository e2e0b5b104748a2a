import type { HostArray, Progress, VisualFeatures } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { CompiledExtractor } from '../tensor/index.js';
import { narrowF16 } from '../tensor/narrow-halves.js';
import type { BlobStore } from './blob-store.js';
import { blobsOf, sizeOf, type ClipArray } from './clip-array.js';
import type { DigestedClip } from './perceive.js';

/** [time, token, width] of one clip. */
export interface TokenShapes {
  frames: readonly number[];
  faces: readonly number[] | null;
}

/** Clips that were encoded, and wall milliseconds for all of them. */
export interface Encoded {
  clips: number;
  ms: number;
}

interface FeatureStreamOptions {
  /** Of frames, and of faces in a run with faces; shapes are of one clip. */
  pixels: readonly BlobStore[];
  shapes: readonly (readonly number[])[];
  /** Called once, and only if there is something to do. */
  makeExtractor: () => Promise<CompiledExtractor>;
  onError: 'skip' | 'fail';
  progress: Progress;
  signal: AbortSignal;
}

/**
 * Images in one call of the encoder, as far as clips can be parted: more are hardly faster, and take memory. Calls are all of one size: they are
 * compiled once, and a clip's tokens do not depend on who is left.
 */
const imagesAtOnce = 8;

/** So many clips at fault before there was any other: the encoder is to blame. */
const enoughFaults = 8;

/** Largest number of a binary16. */
const largestHalf = 65504;

/** Pixels through an encoder into tokens: while some clips are encoded the next ones are read, and no more are in memory. */
export class FeatureStream {
  readonly #clipsAtOnce: number;
  #extractor: Promise<CompiledExtractor> | undefined;

  constructor(private readonly options: FeatureStreamOptions) {
    this.#clipsAtOnce = Math.max(1, Math.floor(imagesAtOnce / options.shapes[0]![0]!));
  }

  /** By a look at black pictures. */
  async shapes(): Promise<TokenShapes> {
    const black = this.options.pixels.map(({ bytes }) => new Uint8Array(this.#clipsAtOnce * bytes));
    const { frames, faces } = await this.#extract(black);
    return { frames: frames.shape.slice(1), faces: faces && faces.shape.slice(1) };
  }

  /**
   * Keeps the tokens of these clips in `tokens`, a blob each. A clip that cannot be encoded is at fault, by its digest, or ends it; `fresh` says
   * that none was encoded before: where none of the first ones can be, that ends it. Throws Fault INTERRUPTED when the signal fires.
   */
  async run(
    clips: readonly DigestedClip[],
    tokens: readonly ClipArray[],
    fresh: boolean,
  ): Promise<Encoded & { faults: Map<string, Fault> }> {
    const faults = new Map<string, Fault>();
    if (!clips.length) return { faults, clips: 0, ms: 0 };
    const { signal, progress, onError } = this.options;
    const task = progress.start('encode', clips.length);
    const started = performance.now();
    const size = this.#clipsAtOnce;
    try {
      let ahead = this.#read(clips.slice(0, size));
      for (let start = 0; start < clips.length; start += size) {
        if (signal.aborted) throw new Fault('INTERRUPTED', `interrupted after the tokens of ${start} of ${clips.length} clips`);
        const end = Math.min(start + size, clips.length);
        const read = ahead;
        ahead = this.#read(clips.slice(end, end + size));
        for (const [digest, fault] of await this.#keep(clips.slice(start, end), read, tokens)) {
          if (onError === 'fail') throw fault;
          faults.set(digest, fault);
        }
        if (fresh && faults.size === end && (end >= enoughFaults || end === clips.length)) throw [...faults.values()][0]!;
        task.done(end);
      }
    } finally {
      task.end();
    }
    return { faults, clips: clips.length, ms: performance.now() - started };
  }

  /** The same for clips as they come, until the signal fires; those that fail are left to `run`. Returns how many did not, and wall milliseconds. */
  async follow(clips: AsyncIterable<DigestedClip>, tokens: readonly ClipArray[], signal: AbortSignal): Promise<Encoded> {
    const encoded = { clips: 0, ms: 0 };
    let part: DigestedClip[] = [];
    for await (const clip of clips) {
      if (signal.aborted) break;
      if (part.push(clip) < this.#clipsAtOnce) continue;
      const started = performance.now();
      const failed = await this.#keep(part, this.#read(part), tokens);
      encoded.ms += performance.now() - started;
      encoded.clips += part.length - failed.size;
      part = [];
    }
    return encoded;
  }

  /** Together, and where that fails one by one: then it is known which of them are at fault. */
  async #keep(clips: readonly DigestedClip[], read: Promise<Uint8Array[]>, tokens: readonly ClipArray[]): Promise<Map<string, Fault>> {
    const failed = new Map<string, Fault>();
    try {
      write(clips, await this.#extract(await read), tokens);
    } catch (error) {
      if (clips.length === 1) return failed.set(clips[0]!.digest, faultOf(error, clips[0]!));
      for (const clip of clips) {
        for (const [digest, fault] of await this.#keep([clip], this.#read([clip]), tokens)) failed.set(digest, fault);
      }
    }
    return failed;
  }

  /** Frees what was compiled; the encoder is its owner's. */
  async dispose(): Promise<void> {
    (await this.#extractor?.catch(() => undefined))?.dispose();
  }

  /** Pixels of frames and faces in as many clips as the encoder sees at once: where there are fewer, the first one fills up. */
  #read(clips: readonly DigestedClip[]): Promise<Uint8Array[]> {
    const read = Promise.all(
      this.options.pixels.map(async (blobs) => {
        const bytes = new Uint8Array(clips.length ? this.#clipsAtOnce * blobs.bytes : 0);
        const found = await Promise.all(clips.map(({ digest }) => blobs.read(digest)));
        for (let i = 0; clips.length && i < this.#clipsAtOnce; i++) bytes.set(found[i < found.length ? i : 0]!, i * blobs.bytes);
        return bytes;
      }),
    );
    // It is awaited later, or never.
    read.catch(() => {});
    return read;
  }

  async #extract(pixels: readonly Uint8Array[]): Promise<VisualFeatures> {
    const extractor = await (this.#extractor ??= this.options.makeExtractor());
    const [frames, faces] = pixels.map((data, i): HostArray => ({
      data,
      shape: [this.#clipsAtOnce, ...this.options.shapes[i]!],
    }));
    return extractor.extract({ frames: frames!, faces: faces ?? null });
  }
}

/** Throws Fault TENSOR_NAN before anything is written where a value is not a number that can be kept. */
function write(clips: readonly DigestedClip[], { frames, faces }: VisualFeatures, tokens: readonly ClipArray[]): void {
  const made = [frames, faces].filter((array) => array !== null);
  const parts = clips.map((clip, i) =>
    tokens.map(({ shape, type }, which) => {
      const size = sizeOf(shape);
      const values = (made[which]!.data as Float32Array).subarray(i * size, (i + 1) * size);
      const limit = type === 'float16' ? largestHalf : Infinity;
      const bad = values.findIndex((value) => !(Math.abs(value) <= limit) || !Number.isFinite(value));
      if (bad >= 0) {
        throw new Fault('TENSOR_NAN', `the encoder’s tokens of the clip hold ${values[bad]}`, {
          clip: clip.clip.id,
          ...(Number.isFinite(values[bad]) && { hint: 'encode.keep: float32 holds such numbers' }),
        });
      }
      const { buffer, byteOffset, byteLength } = type === 'float16' ? narrowF16(values) : values;
      return new Uint8Array(buffer, byteOffset, byteLength);
    }),
  );
  const stores = tokens.map(blobsOf);
  clips.forEach(({ digest }, i) => stores.forEach((blobs, which) => blobs.write(digest, parts[i]![which]!)));
}

function faultOf(error: unknown, { clip: { id } }: DigestedClip): Fault {
  if (error instanceof Fault) {
    return error.details.clip === undefined ? new Fault(error.code, error.message, { ...error.details, clip: id }) : error;
  }
  return new Fault('PLUGIN_FAILED', `the encoder failed: ${error instanceof Error ? error.message : String(error)}`, {
    clip: id,
    cause: error,
  });
}
