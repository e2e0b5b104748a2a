import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, told from a later one that got the same number. */
export interface ProcessMark {
  pid: number;
  host: string;
  /** Boot and start time; empty where the system does not tell (no /proc). */
  started: string;
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

export function thisProcess(): ProcessMark {
  return { pid: process.pid, host: hostname(), started: startOf(process.pid) ?? '' };
}

/** Whether that very process still runs; unknown where it ran on another machine. */
export function processState(mark: ProcessMark): 'alive' | 'dead' | 'unknown' {
  if (mark.host !== hostname()) return 'unknown';
  if (mark.started !== '') return startOf(mark.pid) === mark.started ? 'alive' : 'dead';
  try {
    process.kill(mark.pid, 0);
    return 'alive';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : 'dead';
  }
}
