import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Fault } from '../../faults/index.js';
import type { JournalFact } from './journal-entry.js';
import { JournalReader } from './journal-reader.js';

/** The journal's name inside a run folder. */
export const journalName = 'journal.jsonl';

const syncEveryMs = 2000;

/** What must survive a power cut at once; points are written through every two seconds. */
const weighty: ReadonlySet<JournalFact['type']> = new Set(['open', 'start', 'resume', 'end', 'close']);

/**
 * The append-only record of a run folder: one JSON object a line, files beside it. Everything is written synchronously, so what a
 * call has logged survives the death of the process.
 */
export class Journal {
  private readonly file: string;
  private readonly fd: number;
  private bytes = 0;
  private seq = 0;
  private copies = 0;
  private syncedAt = 0;
  private syncFault: Error | undefined;

  /** Opens or goes on with the journal of a run folder; a last line torn by a crash is cut off. @throws Fault RUNLOG_JOURNAL */
  constructor(
    readonly folder: string,
    private readonly now: () => number = Date.now,
  ) {
    this.file = join(folder, journalName);
    try {
      mkdirSync(folder, { recursive: true });
      this.fd = openSync(this.file, 'a');
    } catch (cause) {
      throw this.fault(cause);
    }
    this.repair();
  }

  /** Appends a line; returns its number and time (`time` for what happened at another moment than now). @throws Fault RUNLOG_JOURNAL */
  append(fact: JournalFact, time = this.now()): { seq: number; time: number } {
    if (this.syncFault) throw this.fault(this.syncFault);
    const stamp = { seq: this.seq + 1, time };
    const line = Buffer.from(`${JSON.stringify({ ...stamp, ...fact })}\n`);
    try {
      for (let written = 0; written < line.length;) written += writeSync(this.fd, line, written);
    } catch (cause) {
      ftruncateSync(this.fd, this.bytes);
      throw this.fault(cause);
    }
    this.seq = stamp.seq;
    this.bytes += line.length;
    this.writeThrough(weighty.has(fact.type));
    return stamp;
  }

  /**
   * Keeps a file in the run folder: written aside, then renamed. `source` is its content, or the path of a file to copy.
   * @returns the path from the run folder on. @throws Fault RUNLOG_JOURNAL
   */
  keep(run: string, path: string, source: Uint8Array | string | { file: string }): string {
    const target = join(this.folder, 'artifacts', run, ...path.split('/'));
    const aside = join(this.folder, 'artifacts', `.aside-${process.pid}-${++this.copies}`);
    try {
      mkdirSync(dirname(target), { recursive: true });
      if (typeof source === 'string' || source instanceof Uint8Array) writeFileSync(aside, source);
      else copyFileSync(source.file, aside, constants.COPYFILE_FICLONE);
      renameSync(aside, target);
    } catch (cause) {
      throw this.fault(cause);
    }
    return relative(this.folder, target);
  }

  close(): void {
    try {
      fsyncSync(this.fd);
    } finally {
      closeSync(this.fd);
    }
  }

  private repair(): void {
    if (!existsSync(this.file)) return;
    const reader = new JournalReader(this.file);
    try {
      for (let entries = reader.read(); entries.length > 0; entries = reader.read()) this.seq = entries.at(-1)!.seq;
      this.bytes = reader.wholeBytes;
      if (reader.fileBytes > this.bytes) ftruncateSync(this.fd, this.bytes);
    } finally {
      reader.close();
    }
  }

  private writeThrough(atOnce: boolean): void {
    const now = this.now();
    if (atOnce) fsyncSync(this.fd);
    else if (now - this.syncedAt < syncEveryMs) return;
    else fdatasync(this.fd, (error) => (this.syncFault ??= error && error.code !== 'EBADF' ? error : undefined));
    this.syncedAt = now;
  }

  private fault(cause: unknown): Fault {
    return new Fault('RUNLOG_JOURNAL', `the journal cannot be written: ${(cause as Error).message}`, {
      where: { source: relative(process.cwd(), this.folder) || this.folder },
      hint: 'is the disk full, or the folder read-only?',
      cause,
    });
  }
}
