import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { relative } from 'node:path';
import { Fault } from '../../faults/index.js';
import type { JournalEntry } from './journal-entry.js';

const chunkBytes = 1 << 20;

/** Reads a journal from its start on and follows it while it grows. A last line without its end is left until it is whole. */
export class JournalReader {
  private readonly fd: number;
  private readonly chunk = Buffer.allocUnsafe(chunkBytes);
  private rest: Buffer = Buffer.alloc(0);
  private offset = 0;
  private line = 0;
  private seq = 0;

  /** @throws Fault RUNLOG_JOURNAL where there is no such file. */
  constructor(private readonly file: string) {
    try {
      this.fd = openSync(file, 'r');
    } catch (cause) {
      throw new Fault('RUNLOG_JOURNAL', `the journal cannot be read: ${(cause as Error).message}`, { where: this.place(), cause });
    }
  }

  /** Bytes read so far in whole lines. */
  get wholeBytes(): number {
    return this.offset - this.rest.length;
  }

  /** Bytes in the file now. */
  get fileBytes(): number {
    return fstatSync(this.fd).size;
  }

  /** The next entries (those of about 1 MiB); none where the end is reached. @throws Fault RUNLOG_JOURNAL for a broken line. */
  read(): JournalEntry[] {
    for (;;) {
      const count = readSync(this.fd, this.chunk, 0, chunkBytes, this.offset);
      if (count === 0) return [];
      this.offset += count;
      const data = Buffer.concat([this.rest, this.chunk.subarray(0, count)]);
      const end = data.lastIndexOf(10) + 1;
      this.rest = data.subarray(end);
      if (end === 0) continue;
      const lines = data.toString('utf8', 0, end - 1).split('\n');
      return lines.map((text) => this.parse(text));
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  private parse(text: string): JournalEntry {
    this.line++;
    try {
      const entry = JSON.parse(text) as JournalEntry;
      if (Number.isSafeInteger(entry.seq) && entry.seq > this.seq && Number.isSafeInteger(entry.time) && typeof entry.type === 'string') {
        this.seq = entry.seq;
        return entry;
      }
    } catch {
      // told below
    }
    throw new Fault('RUNLOG_JOURNAL', `a line of the journal is broken: ${text.slice(0, 80)}`, {
      where: this.place(this.line),
      expected: 'one JSON object a line with a growing "seq"',
      hint: 'remove that line; what it said is lost, the rest of the journal is read',
    });
  }

  private place(line?: number) {
    return { source: relative(process.cwd(), this.file) || this.file, line };
  }
}

/** All entries of a journal, one by one. @throws Fault RUNLOG_JOURNAL */
export function* readJournal(file: string): Generator<JournalEntry> {
  const reader = new JournalReader(file);
  try {
    for (let entries = reader.read(); entries.length > 0; entries = reader.read()) yield* entries;
  } finally {
    reader.close();
  }
}
