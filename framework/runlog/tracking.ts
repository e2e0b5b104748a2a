import { join } from 'node:path';
import { Fault } from '../faults/index.js';
import { stateFolder } from '../paths.js';
import { mlflowConnection, type MlflowConnection } from './mlflow/index.js';
import { mlflowExecutable } from './mlflow-executable.js';
import { announcedServer } from './server/announced-server.js';
import { serverId } from './server/server-id.js';
import { startMlflowServer, type MlflowServer } from './server/start-mlflow-server.js';

/** The MLflow server of a run log. */
export interface Tracking {
  /** "none" (journal only), "own" (the project's), or a server's address; the journal notes it. */
  readonly name: string;
  /** Tells servers apart; the own server's stays the same on whatever port. */
  readonly identity: string;
  /** Where the server is; an own one is started by the first call. @throws Fault RUNLOG_UNREACHABLE */
  connect(): Promise<MlflowConnection>;
  /** Ends a server that connect() started, also while it is starting. */
  stop(): Promise<void>;
}

export interface TrackingOptions {
  /** `runlog.tracking-uri`: an address, "none", or "own"; left out, MLFLOW_TRACKING_URI counts, else "own". */
  uri?: string;
  env?: NodeJS.ProcessEnv;
  /** The own server's folder. Default `.mienlab/mlflow`. */
  folder?: string;
  /** The own server's port; default 5000 where free, else any. */
  port?: number;
  /** The `mlflow` program. Default: what `mienlab setup` made. */
  executable?: string;
  /** Called about twice a second while an own server starts. */
  onWait?: (elapsedMs: number) => void;
}

/** The folder of the project's own MLflow server. */
export function mlflowFolder(): string {
  return join(stateFolder(), 'mlflow');
}

/** Chooses the tracking server; starts nothing yet. @throws Fault CONFIG_VALUE where the address is none. */
export function resolveTracking(options: TrackingOptions = {}): Tracking {
  const env = options.env ?? process.env;
  const uri = options.uri || env['MLFLOW_TRACKING_URI'] || 'own';
  if (uri === 'none') return { name: 'none', identity: 'none', connect: () => Promise.reject(noServer()), stop: async () => undefined };
  if (uri === 'own') return new OwnServer(options);
  const connection = mlflowConnection(uri, env);
  const identity = connection.workspace ? `${connection.uri} ${connection.workspace}` : connection.uri;
  return { name: connection.uri, identity, connect: async () => connection, stop: async () => undefined };
}

class OwnServer implements Tracking {
  readonly name = 'own';
  readonly identity: string;
  private readonly folder: string;
  private readonly abort = new AbortController();
  private server: Promise<MlflowServer> | undefined;
  private connection: Promise<MlflowConnection> | undefined;

  constructor(private readonly options: TrackingOptions) {
    this.folder = options.folder ?? mlflowFolder();
    this.identity = serverId(this.folder);
  }

  connect(): Promise<MlflowConnection> {
    return (this.connection ??= this.find());
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.connection?.catch(() => undefined);
    const server = await this.server?.catch(() => undefined);
    await server?.stop();
  }

  private async find(): Promise<MlflowConnection> {
    const kept = await announcedServer(this.folder);
    if (kept !== undefined) return { uri: kept };
    const executable = this.options.executable ?? mlflowExecutable(this.options.env);
    if (executable === undefined) throw notInstalled();
    const { port, onWait } = this.options;
    this.server = startMlflowServer({ folder: this.folder, executable, port, onWait, signal: this.abort.signal });
    return { uri: (await this.server).uri };
  }
}

function noServer(): Fault {
  return new Fault('RUNLOG_UNREACHABLE', 'there is no tracking server: the address is "none"', { hint: 'name one with --tracking-uri' });
}

function notInstalled(): Fault {
  return new Fault('RUNLOG_UNREACHABLE', 'MLflow is not installed', {
    hint: 'mienlab setup installs it (Python 3.10 or newer is needed); or name a server in MLFLOW_TRACKING_URI',
  });
}
