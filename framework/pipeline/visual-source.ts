import type { HostArray, HostBatch } from '../contracts/index.js';
import type { RunPlan } from '../plan/run-plan.js';
import { widenF16 } from '../tensor/widen-halves.js';
import type { VisualSource } from '../training/index.js';
import type { BlobStore } from './blob-store.js';
import { blobsOf, pixelShape, type ClipArray } from './clip-array.js';
import type { FrozenFeatures } from './frozen-features.js';
import type { DigestedClip } from './perceive.js';

/** Where the pixels of a run's clips lie; a `Perception` says so. */
export interface PixelFolders {
  frames: { folder: string };
  faces: { folder: string } | null;
}

/** Bytes of clips that stay in memory once they were read: small sets are read once, of larger ones this much. */
const keptBytes = 256 << 20;

interface OpenArray extends ClipArray {
  name: string;
  blobs: BlobStore;
}

const numbers = {
  uint8: (bytes: Uint8Array) => bytes,
  float32: (bytes: Uint8Array) => new Float32Array(bytes.buffer),
  float16: (bytes: Uint8Array) => {
    const values = new Float32Array(bytes.length / 2);
    widenF16(bytes, values.length, values, 0);
    return values;
  },
} as const;

/** Reads what a batch needs when the batch is made: memory is bounded whatever the number of clips. */
class StoredSource implements VisualSource {
  readonly #kept = new Map<string, Uint8Array>();
  #room: number;

  readonly #arrays: OpenArray[];

  constructor(
    arrays: Readonly<Record<string, ClipArray>>,
    private readonly digests: readonly string[],
    room = keptBytes,
  ) {
    this.#arrays = Object.entries(arrays).map(([name, array]) => ({ ...array, name, blobs: blobsOf(array) }));
    this.#room = room;
  }

  get count(): number {
    return this.digests.length;
  }

  batch(indices: readonly number[]): HostBatch {
    return Object.fromEntries(this.#arrays.map((array) => [array.name, this.#gather(array, indices)]));
  }

  #gather({ name, blobs, shape, type }: OpenArray, indices: readonly number[]): HostArray {
    const bytes = new Uint8Array(indices.length * blobs.bytes);
    indices.forEach((index, i) => this.#read(name, blobs, this.digests[index]!, bytes, i * blobs.bytes));
    return { data: numbers[type](bytes), shape: [indices.length, ...shape] };
  }

  #read(name: string, blobs: BlobStore, digest: string, out: Uint8Array, at: number): void {
    const id = `${name}/${digest}`;
    const kept = this.#kept.get(id);
    if (kept) return out.set(kept, at);
    blobs.readInto(digest, out, at);
    // The first ones stay: in shuffled rounds over all clips, making room for the newest would do no better.
    if (blobs.bytes > this.#room) return;
    this.#room -= blobs.bytes;
    this.#kept.set(id, out.slice(at, at + blobs.bytes));
  }
}

/** These clips as a run's model takes them: pixels in the encoder's sizes, or what a frozen encoder made of them. */
export function visualSource(
  { ports }: RunPlan,
  { frames, faces }: PixelFolders,
  features: Pick<FrozenFeatures, 'arrays'> | null,
  clips: readonly DigestedClip[],
  room?: number,
): VisualSource {
  const pixels = (): Record<string, ClipArray> => ({
    frames: { folder: frames.folder, shape: pixelShape(ports.frames), type: 'uint8' },
    ...(faces && { faces: { folder: faces.folder, shape: pixelShape(ports.faces!), type: 'uint8' } }),
  });
  return new StoredSource(
    features?.arrays ?? pixels(),
    clips.map(({ digest }) => digest),
    room,
  );
}
