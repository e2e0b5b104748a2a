import { hostname } from 'node:os';
import { join } from 'node:path';
import type { RunHandle, RunLog, RunLogSummary, RunStart } from '../contracts/run-log.js';
import { Fault } from '../faults/index.js';
import { Follower } from './exporter/follower.js';
import { Journal, journalName } from './journal/journal.js';
import { readJournal } from './journal/journal-reader.js';
import { takeLock } from './journal/process-lock.js';
import { thisProcess } from './journal/process-mark.js';
import { ulid } from './journal/ulid.js';
import { JournaledRun } from './run-handle.js';
import type { Tracking } from './tracking.js';

export const lockName = 'journal.lock';

export interface RunLogOptions {
  /** The folder that gets `journal.jsonl`, `artifacts/` and `mlflow-sync.json`; one run log at a time. */
  runDir: string;
  /** MLflow's experiment. */
  experiment: string;
  /** Where the runs are shown; it is connected (its server started) in the background. */
  tracking: Tracking;
  /** Told once when the server cannot be reached, and when it can again. Default: one line on stderr. */
  notify?: (message: string) => void;
}

class JournaledRunLog implements RunLog {
  private readonly open = new Map<string, RunHandle>();
  private closed = false;
  /** Should the process end without close(): the journal says that its runs failed. */
  private readonly onExit = (): void => {
    this.endOpen(process.exitCode === 130 ? 'KILLED' : 'FAILED');
    this.release();
  };

  constructor(
    private readonly journal: Journal,
    private readonly follower: Follower,
    private readonly names: Map<string, string>,
    private readonly release: () => void,
  ) {
    process.on('exit', this.onExit);
  }

  start(start: RunStart): RunHandle {
    return this.startRun(start);
  }

  pageUrl(id: string): string | undefined {
    return this.follower.pages()[id];
  }

  async close({ deadlineMs = 30_000 }: { deadlineMs?: number } = {}): Promise<RunLogSummary> {
    if (this.closed) throw new Fault('RUNLOG_REFUSED', 'the run log is closed already');
    this.endOpen('FAILED');
    this.closed = true;
    process.off('exit', this.onExit);
    this.journal.append({ type: 'close' });
    this.journal.close();
    try {
      return await this.follower.finish(deadlineMs);
    } finally {
      this.release();
    }
  }

  private startRun(start: RunStart, parent?: string): RunHandle {
    if (this.closed) throw new Fault('RUNLOG_REFUSED', 'the run log is closed');
    if (start.resume !== undefined && !this.names.has(start.resume)) {
      throw new Fault('RUNLOG_REFUSED', `the journal has no run ${start.resume} to go on with`, { known: [...this.names.keys()] });
    }
    const id = start.resume ?? ulid(Date.now());
    if (start.resume === undefined) this.journal.append({ type: 'start', run: id, name: start.name, parent });
    else this.journal.append({ type: 'resume', run: id });
    const name = this.names.get(id) ?? start.name;
    this.names.set(id, name);
    const handle = new JournaledRun(
      id,
      name,
      this.journal,
      (child, of) => this.startRun(child, of),
      (run) => this.open.delete(run.id),
    );
    this.open.set(id, handle);
    handle.params(start.params ?? {});
    handle.tags(start.tags ?? {});
    if (start.note !== undefined) handle.note(start.note);
    return handle;
  }

  /** Children first: they were started last. */
  private endOpen(status: 'FAILED' | 'KILLED'): void {
    for (const handle of [...this.open.values()].reverse()) handle.end(status);
  }
}

/**
 * Opens the log of a run folder, or goes on with it: the journal is written synchronously, MLflow is filled from it in the background.
 * A server that is absent, slow or refusing never stops the run.
 * @throws Fault RUNLOG_JOURNAL where the folder cannot be written or another process has it.
 */
export function openRunLog({ runDir, experiment, tracking, notify }: RunLogOptions): RunLog {
  const lock = takeLock(join(runDir, lockName));
  if (typeof lock !== 'function') {
    throw new Fault('RUNLOG_JOURNAL', `the run folder ${runDir} is in use by process ${lock.pid} on ${lock.host}`, {
      hint: lock.host === hostname() ? 'wait for it, or give this run another folder' : `is it gone, remove ${join(runDir, lockName)}`,
    });
  }
  try {
    const journal = new Journal(runDir);
    const names = new Map<string, string>();
    for (const entry of readJournal(join(runDir, journalName))) if (entry.type === 'start') names.set(entry.run, entry.name);
    journal.append({ type: 'open', version: 1, ...thisProcess(), experiment, tracking: tracking.name });
    const say = notify ?? ((message: string) => void process.stderr.write(`${message}\n`));
    return new JournaledRunLog(journal, new Follower(runDir, tracking, say), names, lock);
  } catch (error) {
    lock();
    throw error;
  }
}
