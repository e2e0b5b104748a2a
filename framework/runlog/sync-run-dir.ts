import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../faults/index.js';
import { Exporter } from './exporter/exporter.js';
import { pendingEntries } from './exporter/pending-entries.js';
import { runPages, SyncState } from './exporter/sync-state.js';
import { Journal, journalName } from './journal/journal.js';
import { readJournal } from './journal/journal-reader.js';
import { takeLock } from './journal/process-lock.js';
import { processState, type ProcessMark } from './journal/process-mark.js';
import { MlflowClient } from './mlflow/index.js';
import { lockName } from './open-run-log.js';
import type { Tracking } from './tracking.js';

/** One run of a journal after a sync. */
interface SyncedRun {
  runDir: string;
  id: string;
  name: string;
  status: 'FINISHED' | 'FAILED' | 'KILLED' | 'RUNNING';
  /** Its page on the server. */
  url?: string;
}

export interface SyncedRunDir {
  runDir: string;
  /** synced: brought over now; there: was there already; running: its own process logs it; skipped: it is to stay local. */
  outcome: 'synced' | 'there' | 'running' | 'skipped';
  /** Journal entries brought over now. */
  entries: number;
  runs: SyncedRun[];
  refused: string[];
}

export interface SyncOptions {
  /** The server for a journal that names `trackingName`; undefined where it is to stay local. */
  tracking: (trackingName: string) => Tracking | undefined;
  restoreDeleted?: boolean;
}

/** What a journal tells of its runs. */
interface Survey {
  tracking: string;
  owner: ProcessMark | undefined;
  closed: boolean;
  runs: Map<string, { name: string; status: SyncedRun['status']; last: number }>;
}

/** The run folders in a folder and below: those with a journal. */
export function findRunDirs(folder: string): string[] {
  if (!existsSync(folder)) return [];
  if (existsSync(join(folder, journalName))) return [folder];
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.sort((a, b) => a.name.localeCompare(b.name)).flatMap((entry) => findRunDirs(join(folder, entry.name)));
}

/**
 * Brings a run folder's journal to its server, as far as it is not there. Runs whose process died without ending them are ended as
 * KILLED at their last sign of life. Running it again changes nothing.
 * @throws Fault RUNLOG_JOURNAL, RUNLOG_UNREACHABLE, RUNLOG_REFUSED
 */
export async function syncRunDir(runDir: string, options: SyncOptions): Promise<SyncedRunDir> {
  if (!existsSync(join(runDir, journalName))) {
    throw new Fault('RUNLOG_JOURNAL', `${runDir} has no ${journalName}`, { expected: 'the folder of a run' });
  }
  const lock = takeLock(join(runDir, lockName));
  if (typeof lock !== 'function') return unsynced(runDir, 'running', survey(runDir));
  try {
    const found = survey(runDir);
    if (found.owner && !found.closed && processState(found.owner) !== 'dead') return unsynced(runDir, 'running', found);
    const tracking = options.tracking(found.tracking);
    if (!tracking) return unsynced(runDir, 'skipped', found);
    endDead(runDir, found);
    return await bringOver(runDir, found, tracking, options);
  } finally {
    lock();
  }
}

async function bringOver(runDir: string, found: Survey, tracking: Tracking, options: SyncOptions): Promise<SyncedRunDir> {
  const pending = pendingEntries(runDir, tracking.identity);
  if (pending === 0) {
    const server = new SyncState(runDir).server(tracking.identity);
    return { runDir, outcome: 'there', entries: 0, runs: list(runDir, found, runPages(server)), refused: server.refused };
  }
  const client = new MlflowClient(await tracking.connect());
  const exporter = new Exporter({ runDir, client, identity: tracking.identity, restoreDeleted: options.restoreDeleted });
  try {
    await exporter.drain();
    const entries = pending - pendingEntries(runDir, tracking.identity);
    return { runDir, outcome: 'synced', entries, runs: list(runDir, found, exporter.pages()), refused: exporter.refused() };
  } finally {
    exporter.close();
  }
}

function unsynced(runDir: string, outcome: 'running' | 'skipped', found: Survey): SyncedRunDir {
  return { runDir, outcome, entries: 0, runs: list(runDir, found, {}), refused: [] };
}

function list(runDir: string, found: Survey, pages: Record<string, string>): SyncedRun[] {
  return [...found.runs].map(([id, { name, status }]) => ({ runDir, id, name, status, url: pages[id] }));
}

function survey(runDir: string): Survey {
  const found: Survey = { tracking: 'own', owner: undefined, closed: false, runs: new Map() };
  for (const entry of readJournal(join(runDir, journalName))) {
    if (entry.type === 'open') Object.assign(found, { tracking: entry.tracking, owner: entry, closed: false });
    else if (entry.type === 'close') found.closed = true;
    else if (entry.type === 'start') found.runs.set(entry.run, { name: entry.name, status: 'RUNNING', last: entry.time });
    else {
      const run = found.runs.get(entry.run);
      if (!run) continue;
      run.last = Math.max(run.last, entry.time);
      if (entry.type === 'end') run.status = entry.status;
      if (entry.type === 'resume') run.status = 'RUNNING';
    }
  }
  return found;
}

/** Says in the journal what the dead process could not. Children, started last, go first. */
function endDead(runDir: string, found: Survey): void {
  const dead = [...found.runs].filter(([, run]) => run.status === 'RUNNING').reverse();
  if (dead.length === 0) return;
  const journal = new Journal(runDir);
  try {
    for (const [id, run] of dead) {
      journal.append({ type: 'tags', run: id, values: { 'mienlab.ended-by': 'mienlab sync: its process had died' } }, run.last);
      journal.append({ type: 'end', run: id, status: 'KILLED' }, run.last);
      run.status = 'KILLED';
    }
    journal.append({ type: 'close' });
  } finally {
    journal.close();
  }
}
