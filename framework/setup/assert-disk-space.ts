import { statfs } from 'node:fs/promises';
import { Fault } from '../faults/index.js';
import { formatBytes } from './progress-line.js';

/** @throws Fault SETUP_FAILED where less than that is free on the file system of the folder */
export async function assertDiskSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new Fault('SETUP_FAILED', `${folder} has ${formatBytes(free)} left, but ${formatBytes(bytes)} are needed`, {
    hint: 'make room, or let MIENLAB_CACHE name a folder elsewhere',
  });
}
