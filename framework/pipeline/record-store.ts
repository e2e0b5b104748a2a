import { closeSync, existsSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** Where a record lies in the file, bytes. */
interface Place {
  at: number;
  length: number;
}

const newline = 10;
const portion = 1 << 20;

/**
 * Values by id, appended to one JSONL file; a line cut short by a crash is passed over. The values stay in the file, and memory holds where
 * they are: some hundred bytes a record. Several processes may append to one file.
 */
export class RecordStore<Value> {
  #places = new Map<string, Place>();
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
    if (existsSync(file)) this.#scan();
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  get(id: string): Value | undefined {
    const value = this.#read(id);
    if (value !== undefined || !this.#places.has(id)) return value;
    // Another process appended between our writing and our asking where that was.
    this.#scan();
    return this.#read(id);
  }

  set(id: string, value: Value): void {
    const bytes = Buffer.from(`${JSON.stringify({ id, value })}\n`);
    const file = openSync(this.#file, 'a');
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
      this.#places.set(id, { at: fstatSync(file).size - bytes.length, length: bytes.length });
    } finally {
      closeSync(file);
    }
  }

  #read(id: string): Value | undefined {
    const place = this.#places.get(id);
    if (!place) return undefined;
    const bytes = Buffer.allocUnsafe(place.length);
    const file = openSync(this.#file, 'r');
    try {
      const read = readSync(file, bytes, 0, place.length, place.at);
      const record = parsed<Value>(bytes.subarray(0, read));
      return record?.id === id ? record.value : undefined;
    } finally {
      closeSync(file);
    }
  }

  /** Finds all records, in bounded memory. */
  #scan(): void {
    this.#places = new Map();
    const file = openSync(this.#file, 'a+');
    try {
      const chunk = Buffer.allocUnsafe(portion);
      let line: Buffer = Buffer.alloc(0);
      let at = 0;
      const keep = (bytes: Buffer) => {
        const record = parsed<Value>(bytes);
        if (record) this.#places.set(record.id, { at, length: bytes.length });
        at += bytes.length;
      };
      for (let from = 0; ;) {
        const read = readSync(file, chunk, 0, portion, from);
        if (read === 0) break;
        from += read;
        let start = 0;
        for (let end = chunk.indexOf(newline); end >= 0 && end < read; end = chunk.indexOf(newline, start)) {
          keep(Buffer.concat([line, chunk.subarray(start, end + 1)]));
          line = Buffer.alloc(0);
          start = end + 1;
        }
        line = Buffer.concat([line, chunk.subarray(start, read)]);
      }
      if (!line.length) return;
      // The last line of an interrupted run. Whatever follows starts on a line of its own.
      keep(line);
      writeSync(file, '\n');
    } finally {
      closeSync(file);
    }
  }
}

function parsed<Value>(line: Buffer): { id: string; value: Value } | undefined {
  try {
    return JSON.parse(line.toString()) as { id: string; value: Value };
  } catch {
    return undefined;
  }
}
