import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PluginContext, Split } from 'mienlab/contracts';
import { Fault, type FaultCode } from 'mienlab/faults';
import type { DrawnFacesOptions } from './options.js';
import type { ClipKind } from './script.js';

/** One clip to draw. */
export interface PaintOrder {
  split: Split;
  index: number;
  kind: ClipKind;
  /** Absolute path of the video. */
  out: string;
}

export interface PaintAnswer {
  out: string;
  failed?: { code?: FaultCode; message: string };
}

/** Clips that a thread draws at a time. */
const AT_ONCE = 2;

/**
 * Draws the clips that are not there yet, on a thread for each core. Each is whole or absent, so an interrupted generation goes on where it stopped.
 * Throws the first fault, and the signal's reason when aborted; by then the clips begun are done and all threads have ended.
 */
export async function generate(
  context: PluginContext,
  options: DrawnFacesOptions,
  folder: string,
  orders: readonly PaintOrder[],
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const present = new Set(readdirSync(folder).filter((name) => !removedLeftover(folder, name)));
  const left = orders.filter(({ out }) => !present.has(basename(out)));
  if (left.length === 0) return;
  context.signal.throwIfAborted();
  const progress = context.progress.start('drawing clips', orders.length);
  let done = orders.length - left.length;
  const failure = new AbortController();
  const signal = AbortSignal.any([context.signal, failure.signal]);
  const queue = left.values();
  const threads = Math.min(availableParallelism(), Math.ceil(left.length / AT_ONCE));
  const workers = Array.from({ length: threads }, () => new Worker(new URL('./paint-worker.js', import.meta.url), { workerData: options }));
  try {
    await Promise.all(workers.map((worker) => serve(worker, queue, signal, failure, () => progress.done(++done))));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
    progress.end();
  }
  signal.throwIfAborted();
}

/** Removes what a process that is no more has left half-written. */
function removedLeftover(folder: string, name: string): boolean {
  const writer = /\.(\d+)\.part$/.exec(name)?.[1];
  if (!writer || isAlive(Number(writer))) return false;
  rmSync(join(folder, name), { force: true });
  return true;
}

function isAlive(writer: number): boolean {
  try {
    return process.kill(writer, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Gives one thread orders until there are none left, or `signal` is aborted, and all given are answered. */
function serve(
  worker: Worker,
  queue: Iterator<PaintOrder>,
  signal: AbortSignal,
  failure: AbortController,
  drawn: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    let open = 0;
    const order = () => {
      const next = signal.aborted ? undefined : queue.next();
      if (next && !next.done) {
        open++;
        worker.postMessage(next.value);
      } else if (open === 0) resolve();
    };
    worker.on('error', (error) => {
      failure.abort(error);
      resolve();
    });
    worker.on('message', ({ out, failed }: PaintAnswer) => {
      open--;
      if (failed) failure.abort(new Fault(failed.code ?? 'PLUGIN_FAILED', `${out} could not be drawn: ${failed.message}`));
      else drawn();
      order();
    });
    for (let i = 0; i < AT_ONCE; i++) order();
  });
}
