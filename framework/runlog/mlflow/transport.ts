import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Fault } from '../../faults/index.js';
import type { MlflowConnection } from './connection.js';
import { MlflowRefusal, refusal } from './mlflow-refusal.js';

export interface TransportOptions {
  /** How long one request may take; the server may need more than 30 s under load. Default 120000. */
  timeoutMs?: number;
  /** How often a request that failed is sent again. Default 5. */
  retries?: number;
  /** First wait between two tries, doubled each time up to `maxDelayMs`, plus up to as much again by `random`. Defaults 250, 10000. */
  baseDelayMs?: number;
  maxDelayMs?: number;
  /** Ends whatever is under way: the request fails with RUNLOG_UNREACHABLE. */
  signal?: AbortSignal;
  /** Uniform in [0, 1); the default is not deterministic. */
  random?: () => number;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface MlflowRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the server's address on, percent-encoded. */
  path: string;
  query?: Readonly<Record<string, string>>;
  json?: unknown;
  body?: Uint8Array | Blob;
  /** false for what would be done twice when sent twice and whose answer was lost. Default true. */
  idempotent?: boolean;
}

const passing = new Set([408, 429, 500, 502, 503, 504]);
const randomUnit = (): number => randomInt(2 ** 32) / 2 ** 32;
const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => wait(ms, undefined, { signal });

/** The words of the error that undici hides behind "fetch failed". */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as { code?: string; message?: string } | undefined;
  if (error.name === 'TimeoutError') return 'no answer in time';
  return cause?.code ?? cause?.message ?? error.message;
}

function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 120_000) : undefined;
}

/** Sends requests to one tracking server: auth, timeout, retries with backoff, answers turned into values or Faults. */
export class Transport {
  private readonly headers: Record<string, string> = {};
  private readonly options: Required<Omit<TransportOptions, 'signal'>> & { signal?: AbortSignal };

  constructor(
    readonly connection: MlflowConnection,
    options: TransportOptions = {},
  ) {
    this.options = { timeoutMs: 120_000, retries: 5, baseDelayMs: 250, maxDelayMs: 10_000, random: randomUnit, sleep, ...options };
    const { token, username, password, workspace } = connection;
    if (token) this.headers['authorization'] = `Bearer ${token}`;
    else if (username) this.headers['authorization'] = `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
    if (workspace) this.headers['x-mlflow-workspace'] = workspace;
  }

  /** The answer as JSON. @throws Fault RUNLOG_UNREACHABLE (not there, failing, too slow) or MlflowRefusal. */
  async json<T>(request: MlflowRequest): Promise<T> {
    const text = (await this.bytes(request)).toString('utf8');
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new MlflowRefusal(`${this.connection.uri} answered with something that is not MLflow's: ${text.slice(0, 120)}`, 200, '', {
        expected: 'the address of an MLflow tracking server',
        hint: 'open it in a browser: a proxy or a login page may stand there',
      });
    }
  }

  /** The answer's bytes. @throws like json. */
  async bytes(request: MlflowRequest): Promise<Buffer> {
    const { retries, baseDelayMs, maxDelayMs, random, signal } = this.options;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.once(request);
      if (Buffer.isBuffer(outcome)) return outcome;
      const last = attempt >= retries || request.idempotent === false || signal?.aborted;
      if (last) throw outcome.fault;
      const backoff = Math.min(maxDelayMs, baseDelayMs * 2 ** attempt) * (1 + random());
      await this.options.sleep(Math.max(backoff, outcome.retryAfterMs ?? 0), signal).catch(() => {
        throw outcome.fault;
      });
    }
  }

  /** One try: the bytes, or the Fault of something that may pass. What will not pass is thrown. */
  private async once(request: MlflowRequest): Promise<Buffer | { fault: Fault; retryAfterMs?: number }> {
    const what = `${request.method} ${request.path}`;
    const search = request.query ? `?${new URLSearchParams(request.query)}` : '';
    const timeout = AbortSignal.timeout(this.options.timeoutMs);
    try {
      const response = await fetch(`${this.connection.uri}${request.path}${search}`, {
        method: request.method,
        headers: { ...this.headers, ...(request.json === undefined ? {} : { 'content-type': 'application/json' }) },
        body: request.json === undefined ? request.body : JSON.stringify(request.json),
        redirect: 'manual',
        signal: this.options.signal ? AbortSignal.any([timeout, this.options.signal]) : timeout,
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      if (response.ok) return bytes;
      const fault = refusal(what, response.status, bytes.toString('utf8'));
      const exhausted = response.status === 400 && /QueuePool limit/.test(fault.message);
      if (!exhausted && !passing.has(response.status)) throw fault;
      return { fault: this.unreachable(fault.message, fault), retryAfterMs: retryAfterMs(response.headers.get('retry-after')) };
    } catch (error) {
      if (error instanceof Fault) throw error;
      return { fault: this.unreachable(`${what}: ${reason(error)}`, error) };
    }
  }

  private unreachable(message: string, cause: unknown): Fault {
    const tls = /CERT|SELF_SIGNED|certificate/i.test(message);
    return new Fault('RUNLOG_UNREACHABLE', `the MLflow server at ${this.connection.uri} is not there or fails: ${message}`, {
      hint: tls ? 'name the authority of its certificate in NODE_EXTRA_CA_CERTS' : 'is it running, and is MLFLOW_TRACKING_URI right?',
      cause,
    });
  }
}
