import { gpuSample } from './gpu-sample.js';
import { systemSampler } from './system-sample.js';

export interface SystemMetricsOptions {
  /** Takes a sample as metrics of a step: a run handle's `metrics`. */
  log: (values: Record<string, number>, step: number) => void;
  /** A folder on the disk that is watched. */
  folder: string;
  /** Default 10000. */
  intervalMs?: number;
  /** The first sample's step; a run taken up again goes on after its last. Default 0. */
  firstStep?: number;
}

/**
 * Logs processor, memory, disk, network and GPU use at once and then every interval, under MLflow's names. Holds no process open.
 * @returns a function that takes a last sample and stops.
 */
export function sampleSystemMetrics({ log, folder, intervalMs = 10_000, firstStep = 0 }: SystemMetricsOptions): () => void {
  const sample = systemSampler(folder);
  let step = firstStep;
  let stopped = false;
  let gpus: Record<string, number> | undefined = {};
  const take = (): void => log({ ...sample(), ...gpus }, step++);
  const askGpus = async (): Promise<void> => {
    if (gpus) gpus = await gpuSample();
  };
  const timer = setInterval(() => {
    void askGpus().then(() => {
      if (!stopped) take();
    });
  }, intervalMs);
  timer.unref();
  void askGpus();
  take();
  return () => {
    if (stopped) return;
    stopped = true;
    clearInterval(timer);
    take();
  };
}
