import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from '../journal/journal-entry.js';
import { JournalReader } from '../journal/journal-reader.js';
import { journalName } from '../journal/journal.js';
import { MlflowRefusal, type MlflowClient } from '../mlflow/index.js';
import { sendBatch } from './send-batch.js';
import { RunProjection, type Work } from './run-projection.js';
import { runPages, SyncState, type RunSync, type ServerSync } from './sync-state.js';

/** The tag by which a run is found again on the server. */
const runIdTag = 'mienlab.run-id';

/** So much work is held in memory; the rest stays in the journal until there is room. */
const heldWork = 5000;
const pointsPerFlush = 1000;

export interface ExporterOptions {
  runDir: string;
  client: MlflowClient;
  /** What tells this server from others, also when its port changes. */
  identity: string;
  /** Brings a deleted experiment back instead of refusing. */
  restoreDeleted?: boolean;
}

/**
 * Brings a journal to one MLflow server. Only the journal decides what is sent, and sending it again changes nothing, so it can stop at
 * any point, in this process or a later one.
 */
export class Exporter {
  private readonly reader: JournalReader;
  private readonly state: SyncState;
  private readonly server: ServerSync;
  private readonly runs = new Map<string, RunProjection>();
  private readonly experiments = new Map<string, string>();
  /** Runs that the server refused as a whole, and why; tried again by the next exporter. */
  private readonly blocked = new Map<string, string>();
  private experiment = 'mienlab';

  constructor(private readonly options: ExporterOptions) {
    this.reader = new JournalReader(join(options.runDir, journalName));
    this.state = new SyncState(options.runDir);
    this.server = this.state.server(options.identity);
    this.server.uri = options.client.uri;
  }

  get uri(): string {
    return this.server.uri;
  }

  /** Sends all that the journal holds now. @throws Fault RUNLOG_UNREACHABLE; what was not sent is sent by the next call. */
  async drain(): Promise<void> {
    for (;;) {
      const more = this.fill();
      for (const run of this.runs.values()) await this.exportRun(run);
      if (!more) break;
    }
    if (this.blocked.size === 0 && this.server.completeBytes !== this.reader.wholeBytes) {
      this.server.completeBytes = this.reader.wholeBytes;
      this.state.save();
    }
  }

  /** Run pages by local id. */
  pages(): Record<string, string> {
    return runPages(this.server);
  }

  /** What was refused: single entries for good, whole runs until the next try. */
  refused(): string[] {
    return [...this.server.refused, ...this.blocked.values()];
  }

  close(): void {
    this.reader.close();
  }

  /** Reads on while there is room; whether there may be more. */
  private fill(): boolean {
    let held = 0;
    for (const run of this.runs.values()) held += run.work.length;
    if (held >= heldWork) return true;
    const entries = this.reader.read();
    for (const entry of entries) this.take(entry);
    return entries.length > 0;
  }

  private take(entry: JournalEntry): void {
    if (entry.type === 'open') this.experiment = entry.experiment;
    if (!('run' in entry)) return;
    if (entry.type === 'start') {
      this.runs.set(entry.run, new RunProjection(entry.run, entry.name, entry.parent, this.experiment, entry.time));
    }
    const send = entry.seq > (this.server.runs[entry.run]?.done ?? 0);
    this.runs.get(entry.run)?.add(entry, send && !this.blocked.has(entry.run));
  }

  private async exportRun(run: RunProjection): Promise<void> {
    try {
      while (run.work.length > 0) {
        const count = await this.sendNext(run);
        this.server.runs[run.id]!.done = run.work[count - 1]!.seq;
        run.finished(count);
        this.state.save();
      }
    } catch (error) {
      if (!(error instanceof MlflowRefusal)) throw error;
      this.blocked.set(run.id, `run "${run.name}": ${error.message}${error.details.hint ? ` (${error.details.hint})` : ''}`);
      run.finished(run.work.length);
    }
  }

  /** Sends the next request's worth; how many pieces of work that was. What concerns a single entry only is noted and passed over. */
  private async sendNext(run: RunProjection): Promise<number> {
    const [first] = run.work as [Work];
    if (first.kind === 'create') {
      await this.ensureRun(run);
      return 1;
    }
    const { runId } = this.server.runs[run.id] ?? (await this.ensureRun(run));
    if (first.kind === 'log') {
      const logs = this.nextLogs(run.work);
      for (const refused of await sendBatch(this.options.client, runId, logs)) this.note(run, refused);
      return logs.length;
    }
    try {
      await this.send(runId, first);
    } catch (error) {
      if (!(error instanceof MlflowRefusal) || error.concernsWholeRun) throw error;
      this.note(run, `${first.kind} ${'path' in first ? first.path : ''}: ${error.message}`);
    }
    return 1;
  }

  private nextLogs(work: readonly Work[]): Extract<Work, { kind: 'log' }>[] {
    const logs: Extract<Work, { kind: 'log' }>[] = [];
    let points = 0;
    for (const item of work) {
      if (item.kind !== 'log') break;
      const size = item.metrics.length + item.params.length + item.tags.length;
      if (logs.length > 0 && points + size > pointsPerFlush) break;
      logs.push(item);
      points += size;
    }
    return logs;
  }

  private async send(runId: string, work: Exclude<Work, { kind: 'create' | 'log' }>): Promise<void> {
    const { client } = this.options;
    if (work.kind === 'status') return client.updateRun(runId, { status: work.status, endTime: work.endTime });
    if (work.kind === 'dataset') return client.logInput(runId, work.dataset, work.context);
    const file = await this.file(work.file);
    if (work.kind === 'image') return client.artifacts.putImage(runId, work, file);
    if (work.kind === 'table') return client.artifacts.putTable(runId, work.path, file);
    return client.artifacts.put(runId, work.path, file);
  }

  private async file(path: string): Promise<Blob> {
    try {
      return await openAsBlob(join(this.options.runDir, path));
    } catch (cause) {
      throw new MlflowRefusal(`${path} is gone from the run folder`, 400, '', { cause });
    }
  }

  private note(run: RunProjection, refused: string): void {
    this.server.refused.push(`run "${run.name}": ${refused}`);
  }

  private async ensureRun(run: RunProjection): Promise<RunSync> {
    const parent = run.parent === undefined ? undefined : this.server.runs[run.parent];
    if (run.parent !== undefined && !parent) {
      throw new MlflowRefusal('its parent run is not on the server', 404, '', {});
    }
    const experimentId = await this.ensureExperiment(run.experiment);
    const known = await this.options.client.searchRuns({ experimentIds: [experimentId], filter: `tags.\`${runIdTag}\` = '${run.id}'` });
    const tags = { [runIdTag]: run.id, ...(parent ? { 'mlflow.parentRunId': parent.runId } : {}) };
    const found = known[0] ?? (await this.options.client.createRun({ experimentId, name: run.name, startTime: run.startTime, tags }));
    return (this.server.runs[run.id] = { experimentId, runId: found.info.run_id, done: 0 });
  }

  private async ensureExperiment(name: string): Promise<string> {
    const known = this.experiments.get(name);
    if (known !== undefined) return known;
    const tags = { 'mlflow.experimentKind': 'custom_model_development' };
    const id = await this.options.client.ensureExperiment(name, { tags, restoreDeleted: this.options.restoreDeleted });
    this.experiments.set(name, id);
    return id;
  }
}
