import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const query = ['--query-gpu=index,memory.used,memory.total,utilization.gpu,power.draw,power.limit', '--format=csv,noheader,nounits'];
const mebiToMega = 1.048576;

/** MLflow's GPU metrics from nvidia-smi's CSV (MiB, percent, watts); a field that reads "[N/A]" is left out. */
export function parseGpus(csv: string): Record<string, number> {
  const sample: Record<string, number> = {};
  for (const line of csv.split('\n').filter(Boolean)) {
    const [index, used, total, utilization, power, limit] = line.split(',').map((field) => Number(field.trim())) as [number, ...number[]];
    const values = {
      memory_usage_megabytes: used! * mebiToMega,
      memory_usage_percentage: (100 * used!) / total!,
      utilization_percentage: utilization!,
      power_usage_watts: power!,
      power_usage_percentage: (100 * power!) / limit!,
    };
    for (const [name, value] of Object.entries(values)) if (Number.isFinite(value)) sample[`system/gpu_${index}_${name}`] = value;
  }
  return sample;
}

/** The GPUs' state by nvidia-smi; undefined where there is none. */
export async function gpuSample(): Promise<Record<string, number> | undefined> {
  try {
    return parseGpus((await promisify(execFile)('nvidia-smi', query, { timeout: 5000 })).stdout);
  } catch {
    return undefined;
  }
}
