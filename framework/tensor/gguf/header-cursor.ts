import { isUtf8 } from 'node:buffer';
import type { CheckpointFile } from '../checkpoint-file.js';

/**
 * Headers beyond this are refused: with vocabularies of a quarter of a million tokens they have about 20 MB. It bounds what a lying
 * count or length can make the reader allocate.
 */
const largestHeader = 128 << 20;
const firstRead = 1 << 20;

/** Reads a little-endian header front to back; fetches from disk what it needs and never passes the end of the file. */
export class HeaderCursor {
  position = 0;
  readonly #source: CheckpointFile;
  readonly #end: number;
  #bytes = Buffer.alloc(0);

  constructor(source: CheckpointFile) {
    this.#source = source;
    this.#end = Math.min(source.size, largestHeader);
  }

  /** Moves past `length` bytes that are now in memory and gives where they start. `what` is for the fault. */
  take(length: number, what: string): number {
    const end = this.position + length;
    if (end > this.#end) {
      const limit = this.#end < this.#source.size ? `headers end before byte ${largestHeader}` : `the file ends at ${this.#end}`;
      throw this.#source.invalid(`${what} at byte ${this.position} needs ${length} bytes, ${limit}`);
    }
    if (end > this.#bytes.length) this.#fetch(Math.min(this.#end, Math.max(end, 2 * this.#bytes.length, firstRead)));
    const start = this.position;
    this.position = end;
    return start;
  }

  /** How many bytes are left at most. */
  get left(): number {
    return this.#end - this.position;
  }

  uint8(what: string): number {
    const start = this.take(1, what);
    return this.#bytes[start]!;
  }

  uint32(what: string): number {
    const start = this.take(4, what);
    return this.#bytes.readUInt32LE(start);
  }

  uint64(what: string): bigint {
    const start = this.take(8, what);
    return this.#bytes.readBigUInt64LE(start);
  }

  /** A 64-bit count, length or size. Throws Fault CHECKPOINT_INVALID above 2^53. */
  size(what: string): number {
    const value = this.uint64(what);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.#source.invalid(`${what} is said to be ${value}`);
    return Number(value);
  }

  string(what: string): string {
    const length = this.size(`the length of ${what}`);
    const start = this.take(length, what);
    const text = this.#bytes.toString('utf8', start, start + length);
    // Decoding replaces what is no UTF-8 by U+FFFD; only then is it worth a closer look.
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(start, start + length)))
      throw this.#source.invalid(`${what} at byte ${start} is not UTF-8`);
    return text;
  }

  /** A copy of the next bytes, in a buffer of its own. */
  bytes(length: number, what: string): ArrayBuffer {
    const start = this.take(length, what);
    const copy = new ArrayBuffer(length);
    new Uint8Array(copy).set(this.#bytes.subarray(start, start + length));
    return copy;
  }

  #fetch(length: number): void {
    const bytes = Buffer.allocUnsafe(length);
    this.#bytes.copy(bytes);
    this.#source.readInto(bytes.subarray(this.#bytes.length), this.#bytes.length);
    this.#bytes = bytes;
  }
}
