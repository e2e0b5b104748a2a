import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runPageUrl } from '../mlflow/index.js';

/** How far one run of the journal is on one server. */
export interface RunSync {
  experimentId: string;
  runId: string;
  /** The last journal entry of this run that the server has. */
  done: number;
}

/** How far a journal is on one server. */
export interface ServerSync {
  /** Its address when it was last used. */
  uri: string;
  runs: Record<string, RunSync>;
  /** The journal's size when all of it was there. */
  completeBytes?: number;
  /** What the server refused for good, in words. */
  refused: string[];
}

interface StateFile {
  version: 1;
  servers: Record<string, ServerSync>;
}

/**
 * `mlflow-sync.json` of a run folder: what each server has of its journal. It may be lost or old: what is sent again
 * changes nothing on the server, and runs are found by their tag.
 */
export class SyncState {
  private readonly file: string;
  private readonly state: StateFile;

  constructor(runDir: string) {
    this.file = join(runDir, 'mlflow-sync.json');
    this.state = this.load();
  }

  /** The part of one server, by what tells servers apart. */
  server(identity: string): ServerSync {
    return (this.state.servers[identity] ??= { uri: '', runs: {}, refused: [] });
  }

  save(): void {
    writeFileSync(`${this.file}.aside`, `${JSON.stringify(this.state, undefined, 1)}\n`);
    renameSync(`${this.file}.aside`, this.file);
  }

  private load(): StateFile {
    try {
      const state = JSON.parse(readFileSync(this.file, 'utf8')) as StateFile;
      if (state.version === 1 && typeof state.servers === 'object') return state;
    } catch {
      // absent or broken: everything is compared with the server again
    }
    return { version: 1, servers: {} };
  }
}

/** Addresses of the run pages on a server, by local id. */
export function runPages({ uri, runs }: ServerSync): Record<string, string> {
  return Object.fromEntries(Object.entries(runs).map(([id, { experimentId, runId }]) => [id, runPageUrl(uri, experimentId, runId)]));
}
