import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readJournal } from '../journal/journal-reader.js';
import { journalName } from '../journal/journal.js';
import { SyncState } from './sync-state.js';

/** How many entries of a run folder's journal a server does not have yet, without asking it. @throws Fault RUNLOG_JOURNAL */
export function pendingEntries(runDir: string, identity: string): number {
  const file = join(runDir, journalName);
  const server = new SyncState(runDir).server(identity);
  if (server.completeBytes === statSync(file).size) return 0;
  let pending = 0;
  for (const entry of readJournal(file)) {
    if ('run' in entry && entry.seq > (server.runs[entry.run]?.done ?? 0)) pending++;
  }
  return pending;
}
