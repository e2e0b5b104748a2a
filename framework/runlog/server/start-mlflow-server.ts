import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Fault } from '../../faults/index.js';
import { takeLock } from '../journal/process-lock.js';
import { freePort } from './free-port.js';

/** Where `mienlab mlflow` and runs serve unless something else is there. */
const usualPort = 5000;
const stopGraceMs = 8000;
const guard = fileURLToPath(new URL('./server-guard.js', import.meta.url));

export interface MlflowServerOptions {
  /** Holds `mlflow.db`, `artifacts/`, `server-PORT.log`. */
  folder: string;
  /** The `mlflow` program. */
  executable: string;
  /** 0: any free one. Left out: 5000 where it is free, else any. */
  port?: number;
  /** How long the server may take until it answers; the first start makes the database (10 to 60 s). Default 180000. */
  readyMs?: number;
  /** Called about twice a second while the start is waited for. */
  onWait?: (elapsedMs: number) => void;
  /** Ends the start. */
  signal?: AbortSignal;
}

export interface MlflowServer {
  uri: string;
  /** Of the process group. */
  pid: number;
  /** Settles when the server has ended, for whatever reason. */
  ended: Promise<void>;
  /** Ends it with all its processes; they get a few seconds, then SIGKILL. */
  stop(): Promise<void>;
}

/**
 * Starts a real MLflow server on SQLite and a folder of artifacts, bound to 127.0.0.1, and waits until it answers. It ends with stop(),
 * and also when this process dies in whatever way.
 * @throws Fault RUNLOG_UNREACHABLE where it does not come up (its last lines are told), USAGE where the port is taken.
 */
export async function startMlflowServer(options: MlflowServerOptions): Promise<MlflowServer> {
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true });
  const began = Date.now();
  const unlock = await lockStart(folder, began, options);
  try {
    const port = await choosePort(options.port);
    const log = join(folder, `server-${port}.log`);
    const server = launch(options.executable, folder, port, log);
    try {
      await untilReady(server, log, began, options);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  } finally {
    unlock();
  }
}

/** Two servers must not make the database at once: the second start waits for the first. */
async function lockStart(folder: string, began: number, { signal, onWait, readyMs = 180_000 }: MlflowServerOptions): Promise<() => void> {
  for (;;) {
    const lock = takeLock(join(folder, 'starting.lock'));
    if (typeof lock === 'function') return lock;
    if (Date.now() - began > readyMs) {
      throw new Fault(
        'RUNLOG_UNREACHABLE',
        `process ${lock.pid} on ${lock.host} has been starting an MLflow server in ${folder} for too long`,
      );
    }
    onWait?.(Date.now() - began);
    await pause(signal);
  }
}

async function choosePort(port: number | undefined): Promise<number> {
  const chosen = (await freePort(port ?? usualPort)) ?? (port === undefined ? await freePort(0) : undefined);
  if (chosen !== undefined) return chosen;
  throw new Fault('USAGE', `port ${port} of 127.0.0.1 is taken`, { hint: 'name another with --port, or leave it out' });
}

function serverEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('MLFLOW_'));
  return { ...Object.fromEntries(kept), MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true' };
}

function launch(executable: string, folder: string, port: number, log: string): MlflowServer {
  const out = openSync(log, 'w');
  const store = ['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`, '--artifacts-destination', join(folder, 'artifacts')];
  const args = ['server', ...store, '--host', '127.0.0.1', '--port', String(port), '-w', '1', '--uvicorn-opts', '--log-level warning'];
  const child = spawn(process.execPath, [guard, executable, ...args], {
    detached: true,
    stdio: ['pipe', out, out],
    env: serverEnv(),
    cwd: folder,
  });
  closeSync(out);
  child.stdin!.on('error', () => undefined);
  const ended = new Promise<void>((done) => child.once('close', () => done()).once('error', () => done()));
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return { uri: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, ended, stop: () => stop(child, ended) };
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.ref();
  child.stdin!.destroy();
  const kill = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), stopGraceMs);
  await ended;
  clearTimeout(kill);
}

async function untilReady(server: MlflowServer, log: string, began: number, options: MlflowServerOptions): Promise<void> {
  const { readyMs = 180_000, onWait, signal } = options;
  let ended = false;
  void server.ended.then(() => (ended = true));
  while (!(await healthy(server.uri))) {
    const elapsed = Date.now() - began;
    if (ended || elapsed > readyMs) {
      const what = ended ? 'ended before it answered' : `did not answer within ${Math.round(readyMs / 1000)} s`;
      throw new Fault('RUNLOG_UNREACHABLE', `the MLflow server ${what}: ${lastLines(log)}`, { where: { source: log } });
    }
    onWait?.(elapsed);
    await pause(signal);
  }
}

/** Whether an MLflow server answers there. */
export async function healthy(uri: string): Promise<boolean> {
  try {
    const response = await fetch(`${uri}/health`, { signal: AbortSignal.timeout(5000) });
    return response.ok && (await response.text()).trim() === 'OK';
  } catch {
    return false;
  }
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(400, undefined, { signal });
  } catch (cause) {
    throw new Fault('INTERRUPTED', 'the start of the MLflow server was interrupted', { cause });
  }
}

function lastLines(log: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return lines.slice(-4).join(' | ').slice(-600) || 'it wrote nothing';
}
