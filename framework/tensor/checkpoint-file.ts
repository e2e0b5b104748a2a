import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Fault } from '../faults/index.js';
import type { Widen } from './widen-halves.js';

/** Bytes a single read asks the system for at most: Linux gives no more than 2 GiB at once. */
const largestRead = 1 << 30;
/** Read at a time while widening, so that the bytes are still in the processor's cache. */
const chunkBytes = 1 << 20;
const longestName = 200;

/** How a tensor's values lie in a file: in blocks of so many values and bytes. */
export interface BlockFormat {
  values: number;
  bytes: number;
  /** Left out where they are float32 already. */
  widen?: Widen;
}

/** A checkpoint file that is open for reading; every fault it throws names the file. */
export class CheckpointFile {
  readonly file: string;
  /** Bytes of the file when it was opened. */
  readonly size: number;
  readonly #format: string;
  readonly #handle: number;

  /**
   * `format` is what faults call the file.
   * Throws Fault ASSET_MISSING where it cannot be opened, CHECKPOINT_INVALID where it is a folder, a pipe or a device.
   */
  constructor(file: string, format: 'safetensors' | 'GGUF') {
    this.file = file;
    this.#format = format;
    try {
      // Asked before it is opened: opening a pipe waits for a writer.
      if (!statSync(file).isFile()) throw this.invalid('it is not a regular file');
      this.#handle = openSync(file, 'r');
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      throw new Fault('ASSET_MISSING', `${file} cannot be opened`, { where: { source: file }, cause });
    }
    this.size = fstatSync(this.#handle).size;
  }

  close(): void {
    closeSync(this.#handle);
  }

  /** Fills `target` with the bytes from `position` on. Throws Fault CHECKPOINT_INVALID where the file ends before. */
  readInto(target: Uint8Array, position: number, tensor?: string): void {
    for (let done = 0; done < target.length;) {
      const read = readSync(this.#handle, target, done, Math.min(target.length - done, largestRead), position + done);
      if (read === 0) throw this.invalid(`it ends at byte ${position + done}, ${target.length - done} bytes too early`, tensor);
      done += read;
    }
  }

  /** Float32 values of a tensor of so many blocks. Throws Fault CHECKPOINT_INVALID where the file ends before or the process cannot hold them. */
  values(position: number, blocks: number, { values, bytes, widen }: BlockFormat, tensor: string): Float32Array {
    const out = this.#floats(blocks * values, tensor);
    if (!widen) {
      this.readInto(new Uint8Array(out.buffer), position, tensor);
      return out;
    }
    const atOnce = Math.min(blocks, Math.floor(chunkBytes / bytes));
    const chunk = new Uint8Array(atOnce * bytes);
    for (let done = 0; done < blocks; done += atOnce) {
      const count = Math.min(atOnce, blocks - done);
      this.readInto(chunk.subarray(0, count * bytes), position + done * bytes, tensor);
      widen(chunk, count, out, done * values);
    }
    return out;
  }

  invalid(why: string, tensor?: string, cause?: unknown): Fault {
    const name = tensor && tensor.length > longestName ? `${tensor.slice(0, longestName)}...` : tensor;
    const what = `${this.file} is no whole ${this.#format} file${name === undefined ? '' : `, tensor "${name}"`}`;
    return new Fault('CHECKPOINT_INVALID', `${what}: ${why}`, {
      where: { source: this.file },
      tensor: name,
      hint: 'fetch or write it again',
      cause,
    });
  }

  #floats(count: number, tensor: string): Float32Array<ArrayBuffer> {
    try {
      return new Float32Array(count);
    } catch (cause) {
      throw this.invalid(`its ${count} values do not fit in memory`, tensor, cause);
    }
  }
}
