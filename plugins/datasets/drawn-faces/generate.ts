import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
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
 * Throws the first fault, and the signal's reason when aborted, after all threads have ended.
 */
export async function generate(
  context: PluginContext,
  options: DrawnFacesOptions,
  folder: string,
  orders: readonly PaintOrder[],
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const present = new Set(readdirSync(folder));
  for (const name of present) if (name.endsWith('.part')) rmSync(join(folder, name), { force: true });
  const left = orders.filter(({ out }) => !present.has(out.slice(folder.length + 1)));
  if (left.length === 0) return;
  context.signal.throwIfAborted();
  const progress = context.progress.start('drawing clips', orders.length);
  let done = orders.length - left.length;
  const queue = left.values();
  const workers: Worker[] = [];
  try {
    const threads = Math.min(availableParallelism(), Math.ceil(left.length / AT_ONCE));
    await Promise.all(
      Array.from({ length: threads }, () => {
        const worker = new Worker(new URL('./paint-worker.js', import.meta.url), { workerData: options });
        workers.push(worker);
        return serve(worker, queue, context.signal, () => progress.done(++done));
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
    progress.end();
  }
  const missing = orders.filter(({ out }) => !existsSync(out));
  if (missing.length)
    throw new Fault('PLUGIN_FAILED', `${missing.length} of ${orders.length} clips were not drawn, such as ${missing[0]!.out}`);
}

/** Gives one thread orders until there are none left and all are answered. */
function serve(worker: Worker, queue: Iterator<PaintOrder>, signal: AbortSignal, drawn: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = 0;
    const order = () => {
      const next = signal.aborted ? undefined : queue.next();
      if (next && !next.done) {
        open++;
        worker.postMessage(next.value);
      } else if (open === 0) {
        if (signal.aborted) reject(signal.reason as Error);
        else resolve();
      }
    };
    worker.on('error', reject);
    worker.on('message', ({ out, failed }: PaintAnswer) => {
      open--;
      if (failed) {
        reject(new Fault(failed.code ?? 'PLUGIN_FAILED', `${out} could not be drawn: ${failed.message}`));
        return;
      }
      drawn();
      order();
    });
    for (let i = 0; i < AT_ONCE; i++) order();
  });
}
