import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { processState, thisProcess, type ProcessMark } from './process-mark.js';

function read(file: string): ProcessMark | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessMark;
  } catch {
    return undefined;
  }
}

/**
 * Takes a lock file that names this process. A lock whose process is dead is taken over; one from another machine is respected.
 * @returns a function that gives it back, or the mark of the process that holds it.
 */
export function takeLock(file: string): (() => void) | ProcessMark {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(thisProcess()));
  try {
    for (;;) {
      try {
        linkSync(mine, file);
        return () => rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = read(file);
      if (holder && processState(holder) !== 'dead') return holder;
      removeStale(file, mine);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Moves the lock away, and back again should another process have renewed it in between. */
function removeStale(file: string, mine: string): void {
  const away = `${mine}.stale`;
  try {
    renameSync(file, away);
  } catch {
    return;
  }
  const moved = read(away);
  try {
    if (moved && processState(moved) !== 'dead') linkSync(away, file);
  } finally {
    rmSync(away, { force: true });
  }
}
