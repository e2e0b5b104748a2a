import { readFileSync, statfsSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';

const mega = 1e6;

interface Counters {
  idle: number;
  total: number;
  received?: number;
  sent?: number;
}

function processorTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, total };
}

/** Bytes through all network interfaces but the loopback since boot, from the text of /proc/net/dev. */
export function networkBytes(procNetDev: string): { received: number; sent: number } {
  let received = 0;
  let sent = 0;
  for (const line of procNetDev.split('\n')) {
    const [name, counts] = line.split(':');
    if (counts === undefined || name!.trim() === 'lo') continue;
    const fields = counts.trim().split(/\s+/).map(Number);
    received += fields[0] ?? 0;
    sent += fields[8] ?? 0;
  }
  return { received, sent };
}

function counters(): Counters {
  try {
    return { ...processorTimes(), ...networkBytes(readFileSync('/proc/net/dev', 'utf8')) };
  } catch {
    return processorTimes();
  }
}

/**
 * The machine's state under MLflow's names for system metrics: percentages 0 to 100, sizes in 1e6 bytes. Processor use is the mean since
 * the last call, network traffic the sum since the first. `folder` names the disk. What the system does not tell is left out.
 */
export function systemSampler(folder: string): () => Record<string, number> {
  const first = counters();
  let last = first;
  return () => {
    const now = counters();
    const total = now.total - last.total;
    const used = totalmem() - freemem();
    const sample: Record<string, number> = {
      'system/cpu_utilization_percentage': total > 0 ? 100 * (1 - (now.idle - last.idle) / total) : 0,
      'system/system_memory_usage_megabytes': used / mega,
      'system/system_memory_usage_percentage': (100 * used) / totalmem(),
      ...diskUse(folder),
    };
    if (now.received !== undefined && first.received !== undefined) {
      sample['system/network_receive_megabytes'] = (now.received - first.received) / mega;
      sample['system/network_transmit_megabytes'] = (now.sent! - first.sent!) / mega;
    }
    last = now;
    return sample;
  };
}

function diskUse(folder: string): Record<string, number> {
  const { blocks, bfree, bavail, bsize } = statfsSync(folder);
  const used = (blocks - bfree) * bsize;
  return {
    'system/disk_usage_megabytes': used / mega,
    'system/disk_available_megabytes': (bavail * bsize) / mega,
    'system/disk_usage_percentage': used === 0 ? 0 : (100 * used) / (used + bavail * bsize),
  };
}
