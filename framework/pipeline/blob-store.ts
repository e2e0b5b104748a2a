import { closeSync, fstatSync, openSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../faults/index.js';

/** Bytes by id, a file each in one folder, written aside and renamed. All blobs of a store are of one size, `bytes`. */
export class BlobStore {
  #written = 0;

  constructor(
    readonly folder: string,
    readonly bytes: number,
  ) {}

  /** Whether it is there whole: one that a crash of the machine cut short is not. */
  has(id: string): boolean {
    return statSync(this.#path(id), { throwIfNoEntry: false })?.size === this.bytes;
  }

  /** Throws Fault RUN_FAILED where the blob is not there whole. */
  async read(id: string): Promise<Uint8Array> {
    const bytes = await readFile(this.#path(id)).catch((cause: unknown) => {
      throw this.#fault(id, cause);
    });
    if (bytes.length !== this.bytes) throw this.#fault(id);
    return bytes;
  }

  /** Into the `bytes` bytes of `out` from `at` on, without a copy between. Throws Fault RUN_FAILED where the blob is not there whole. */
  readInto(id: string, out: Uint8Array, at: number): void {
    let file: number;
    try {
      file = openSync(this.#path(id), 'r');
    } catch (cause) {
      throw this.#fault(id, cause);
    }
    try {
      if (fstatSync(file).size !== this.bytes) throw this.#fault(id);
      for (let read = 0; read < this.bytes;) read += readSync(file, out, at + read, this.bytes - read, read);
    } finally {
      closeSync(file);
    }
  }

  write(id: string, bytes: Uint8Array): void {
    const aside = this.#path(`.${id}.${process.pid}.${this.#written++}`);
    writeFileSync(aside, bytes);
    renameSync(aside, this.#path(id));
  }

  #path(id: string): string {
    return join(this.folder, id);
  }

  #fault(id: string, cause?: unknown): Fault {
    return new Fault('RUN_FAILED', `the stage cache has lost ${this.#path(id)}`, {
      cause,
      expected: `a file of ${this.bytes} bytes`,
      hint: 'run the same command again: what is missing is made anew',
    });
  }
}
