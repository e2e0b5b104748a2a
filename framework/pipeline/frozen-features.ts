import { statfs } from 'node:fs/promises';
import { parts, services } from '../container/tokens.js';
import { Fault } from '../faults/index.js';
import type { BlobStore } from './blob-store.js';
import { blobsOf, type ClipArray } from './clip-array.js';
import type { Encoded } from './feature-stream.js';
import { openFeatures, type EncoderOptions } from './open-features.js';
import type { DigestedClip } from './perceive.js';

/** What a frozen encoder made of a run's clips, kept in the stage cache: nothing need run it again. */
export interface FrozenFeatures {
  /** Of all that settles them. */
  key: string;
  arrays: Readonly<Record<string, ClipArray>>;
  /** Clips that gave no tokens, by id. */
  faults: ReadonlyMap<string, Fault>;
  /** Wall milliseconds a clip; null where a cache answered for some. */
  ms: number | null;
  /** The encoder has no variables and was disposed of: `absentEncoder` stands for it in the model. */
  withoutEncoder: boolean;
}

interface FeatureOptions extends EncoderOptions {
  clips: readonly DigestedClip[];
  /** What was encoded before, while the clips were seen. */
  ahead?: Encoded;
}

/**
 * The tokens of these clips where the run's encoder is frozen (see `openFeatures`), else null. What the cache lacks is made, a few clips at a
 * time. Null too where the disk has no room for them. Throws Fault INTERRUPTED when the signal fires; what was made until then is kept.
 */
export async function frozenFeatures(options: FeatureOptions): Promise<FrozenFeatures | null> {
  const { container, clips, ahead = { clips: 0, ms: 0 } } = options;
  const opened = await openFeatures(options);
  if (!opened) return null;
  const { key, facts, tokens, stream } = opened;
  try {
    const stores = tokens.map(blobsOf);
    const all = [...new Map(clips.map((clip) => [clip.digest, clip])).values()];
    const missing = all.filter(({ digest }) => stores.some((blobs) => !blobs.has(digest)));
    const noRoom = await lackOfRoom(missing.length, stores);
    if (noRoom !== null) {
      const hint = 'encode.keep: float16 halves them; MIENLAB_HOME names a folder elsewhere';
      if (facts.extracts) throw new Fault('RUN_FAILED', noRoom, { key: 'encode.keep', hint });
      container.get(services.log).warn(`${noRoom}: it runs in every step instead (${hint})`);
      return null;
    }
    const { faults, ms } = await stream.run(missing, tokens, missing.length === all.length);
    return {
      key,
      arrays: { 'frame-tokens': tokens[0]!, ...(tokens[1] && { 'face-tokens': tokens[1] }) },
      faults: new Map(clips.flatMap(({ clip, digest }) => (faults.has(digest) ? [[clip.id, faults.get(digest)!]] : []))),
      ms: missing.length + ahead.clips === all.length ? (ms + ahead.ms) / all.length : null,
      withoutEncoder: !facts.variables.length,
    };
  } finally {
    await stream.dispose();
    if (!facts.variables.length) await container.unbindAsync(parts.encoder);
  }
}

/** Null where the disk has room for the tokens of so many clips, else why not. */
export async function lackOfRoom(clips: number, stores: readonly BlobStore[]): Promise<string | null> {
  const wanted = clips * stores.reduce((sum, { bytes }) => sum + bytes, 0);
  const { bavail, bsize } = await statfs(stores[0]!.folder);
  const free = bavail * bsize;
  if (wanted <= 0.95 * free) return null;
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return `the encoder's tokens of ${clips} clips take ${gigabytes(wanted)}, and ${gigabytes(free)} are free`;
}
