import { setTimeout as wait } from 'node:timers/promises';
import type { RunLogSummary } from '../../contracts/run-log.js';
import { formatError } from '../../faults/index.js';
import { MlflowClient } from '../mlflow/index.js';
import type { Tracking } from '../tracking.js';
import { Exporter } from './exporter.js';
import { isUnreachable } from './is-unreachable.js';
import { pendingEntries } from './pending-entries.js';

const flushEveryMs = 1000;
const longestPauseMs = 30_000;

/**
 * Fills MLflow from a journal while the run writes it. Says once that the server cannot be reached (and once that it can again), tries
 * on with growing pauses, and never lets the run fail. Holds no process open before finish().
 */
export class Follower {
  private readonly abort = new AbortController();
  private readonly aborted: Promise<undefined>;
  private exporter: Exporter | undefined;
  private timer: NodeJS.Timeout | undefined;
  private busy: Promise<unknown> = Promise.resolve();
  private failures = 0;
  private toldRefusals = 0;
  private finishing = false;
  /** No more can be done in this process: no server can be had, or the journal is broken. */
  private stopped = false;

  constructor(
    private readonly runDir: string,
    private readonly tracking: Tracking,
    private readonly notify: (message: string) => void,
  ) {
    this.aborted = new Promise((resolve) => this.abort.signal.addEventListener('abort', () => resolve(undefined), { once: true }));
    if (tracking.name === 'none') this.stopped = true;
    else this.schedule(0);
  }

  pages(): Record<string, string> {
    return this.exporter?.pages() ?? {};
  }

  /** Sends what is left within the time given; call it when the journal is closed. Gives up early on a server that does not answer. */
  async finish(deadlineMs: number): Promise<RunLogSummary> {
    this.finishing = true;
    clearTimeout(this.timer);
    const deadline = setTimeout(() => this.abort.abort(), deadlineMs);
    await this.busy;
    for (let tries = 0; tries < 2 && !this.stopped && !this.abort.signal.aborted; tries++) {
      if (await this.turn()) break;
      await wait(500);
    }
    clearTimeout(deadline);
    this.exporter?.close();
    const pending = this.tracking.name === 'none' ? 0 : pendingEntries(this.runDir, this.tracking.identity);
    return { pages: this.pages(), pending, refused: this.exporter?.refused() ?? [] };
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.busy = this.turn().then(() => {
        const pause = Math.min(longestPauseMs, flushEveryMs * 2 ** Math.min(this.failures, 10));
        if (!this.stopped && !this.finishing) this.schedule(pause);
      });
    }, delayMs);
    this.timer.unref();
  }

  /** One flush; true where the server has all that the journal held. */
  private async turn(): Promise<boolean> {
    try {
      this.exporter ??= await this.connect();
      if (!this.exporter) return false;
      await this.exporter.drain();
      if (this.failures > 0) this.notify(`the MLflow server at ${this.exporter.uri} answers again: what waited is there now`);
      this.failures = 0;
      this.tellRefusals(this.exporter.refused());
      return true;
    } catch (error) {
      if (!this.abort.signal.aborted) this.tellFailure(error);
      if (!this.exporter || !isUnreachable(error)) this.stopped = true;
      return false;
    }
  }

  private async connect(): Promise<Exporter | undefined> {
    const connection = await Promise.race([this.tracking.connect(), this.aborted]);
    if (!connection) return undefined;
    const client = new MlflowClient(connection, { retries: 2, maxDelayMs: 2000, signal: this.abort.signal });
    return new Exporter({ runDir: this.runDir, client, identity: this.tracking.identity });
  }

  private tellFailure(error: unknown): void {
    if (this.failures++ > 0) return;
    this.notify(`${formatError(error)}\n  the run goes on, its journal keeps everything; "mienlab sync" brings it over later`);
  }

  private tellRefusals(refused: readonly string[]): void {
    for (const message of refused.slice(this.toldRefusals)) this.notify(`MLflow refused something; the journal keeps it: ${message}`);
    this.toldRefusals = refused.length;
  }
}
