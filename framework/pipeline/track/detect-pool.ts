import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ClipGeometry, Detection, Detector, Frames } from '../../contracts/index.js';
import { Fault } from '../../faults/index.js';
import { chooseBackend, loadBackend } from '../../tensor/backend/index.js';
import { useTensorflow } from '../../tensor/index.js';
import { errorFromData, type ErrorData } from '../generation/error-data.js';
import { makeDetector, type DetectAnswer, type DetectJob, type DetectorChoice, type DetectServices } from './detector-setup.js';

type Known = Pick<ClipGeometry, 'clip' | 'truth'>;

/** Finds faces in pieces of clips, several at once where it has threads. */
export interface DetectPool {
  /** Pieces that are worked on at once. */
  readonly width: number;
  /** The data of the frames may be gone afterwards: they are moved, not copied. */
  detect(frames: Frames, known: Known): Promise<Detection[][]>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(faces: Detection[][]): void;
  reject(error: unknown): void;
}

/** One thread with a detector of its own. */
class DetectThread {
  readonly #jobs = new Map<number, Waiting>();
  #next = 0;
  #dead: unknown;

  private constructor(
    private readonly worker: Worker,
    private readonly services: DetectServices,
  ) {
    worker.on('message', (message: DetectAnswer) => this.#hear(message));
    worker.on('error', (error) => this.#die(error));
    worker.on('exit', () => this.#die(new Fault('PLUGIN_FAILED', 'a thread that looked for faces ended before its time')));
  }

  /** Throws what the detector's plugin throws. */
  static async start(choice: DetectorChoice, services: DetectServices): Promise<DetectThread> {
    const worker = new Worker(new URL('./detect-worker.js', import.meta.url), { workerData: choice });
    const [first] = (await once(worker, 'message')) as [DetectAnswer];
    if (first.type !== 'failed') return new DetectThread(worker, services);
    await worker.terminate();
    throw errorFromData(first.error as ErrorData);
  }

  get load(): number {
    return this.#jobs.size;
  }

  detect(frames: Frames, known: Known): Promise<Detection[][]> {
    if (this.#dead) return Promise.reject(this.#dead as Error);
    const job = this.#next++;
    return new Promise((resolve, reject) => {
      this.#jobs.set(job, { resolve, reject });
      const message: DetectJob = { job, frames, known };
      this.worker.postMessage(message, [frames.data.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    if (this.#dead) return;
    const exit = once(this.worker, 'exit');
    this.worker.postMessage(null);
    await exit;
  }

  #hear(message: DetectAnswer): void {
    if (message.type === 'warning') this.services.log.warn(message.message);
    if (message.type !== 'faces' && message.type !== 'failed') return;
    const waiting = this.#jobs.get(message.job!);
    this.#jobs.delete(message.job!);
    if (message.type === 'faces') waiting?.resolve(message.faces);
    else waiting?.reject(errorFromData(message.error as ErrorData));
  }

  #die(error: unknown): void {
    this.#dead ??= error;
    for (const { reject } of this.#jobs.values()) reject(this.#dead);
    this.#jobs.clear();
  }
}

async function inThisThread(choice: DetectorChoice, services: DetectServices): Promise<DetectPool> {
  useTensorflow(await loadBackend(await chooseBackend({ backend: 'auto' })));
  const detector: Detector = await makeDetector(choice, services);
  return {
    width: 1,
    detect: (frames, known) => detector.detect(frames, known),
    close: async () => detector.dispose(),
  };
}

/**
 * A pool of `threads` threads, each with the detector. A detector that computes with tensors stays in this thread, on the best backend: its kernels
 * use all cores. Throws what the detector's plugin throws.
 */
export async function openDetectPool(choice: DetectorChoice, threads: number, services: DetectServices): Promise<DetectPool> {
  let first: DetectThread;
  try {
    first = await DetectThread.start(choice, services);
  } catch (error) {
    if (error instanceof Fault && error.code === 'BACKEND_MISSING') return inThisThread(choice, services);
    throw error;
  }
  const started = await Promise.allSettled(Array.from({ length: threads - 1 }, () => DetectThread.start(choice, services)));
  const all = [first, ...started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))];
  return {
    // One piece waits at each thread, so that it need not.
    width: 2 * all.length,
    detect: (frames, known) => all.reduce((least, thread) => (thread.load < least.load ? thread : least)).detect(frames, known),
    close: async () => void (await Promise.all(all.map((thread) => thread.close()))),
  };
}
