import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const beatMs = 5_000;
const staleMs = 30_000;
const pollMs = 200;

interface Owner {
  host: string;
  pid: number;
  token: string;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function takeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function ownerOf(lock: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(join(lock, 'owner.json'), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/** Whether its owner is gone: its process ended on this machine, or nobody has touched the lock for half a minute. */
async function isStale(lock: string): Promise<boolean> {
  const owner = await ownerOf(lock);
  if (owner?.host === hostname() && !isAlive(owner.pid)) return true;
  try {
    return Date.now() - (await stat(lock)).mtimeMs > staleMs;
  } catch {
    return false;
  }
}

/** Only the holder of a second, short-lived lock may break a stale one: else two waiters could break each other's fresh locks. */
async function breakStale(lock: string): Promise<void> {
  const gate = `${lock}.breaking`;
  if (!(await takeFolder(gate))) {
    if (await isStale(gate)) await rm(gate, { recursive: true, force: true });
    return;
  }
  try {
    if (await isStale(lock)) await rm(lock, { recursive: true, force: true });
  } finally {
    await rm(gate, { recursive: true, force: true });
  }
}

/**
 * Runs `work` while holding a lock that other processes, also on other machines that share the file system, respect.
 * A lock whose owner died is taken over. `work` must not block the event loop for half a minute.
 */
export async function withFolderLock<T>(
  lock: string,
  work: () => Promise<T>,
  { signal, onWait }: { signal?: AbortSignal; onWait?: (owner: string) => void } = {},
): Promise<T> {
  await mkdir(dirname(lock), { recursive: true });
  const owner: Owner = { host: hostname(), pid: process.pid, token: randomUUID() };
  while (!(await takeFolder(lock))) {
    if (await isStale(lock)) {
      await breakStale(lock);
      continue;
    }
    const other = await ownerOf(lock);
    onWait?.(other ? `process ${other.pid} on ${other.host}` : 'another process');
    await sleep(pollMs, undefined, { signal });
  }
  await writeFile(join(lock, 'owner.json'), JSON.stringify(owner));
  const beat = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if ((await ownerOf(lock))?.token === owner.token) await rm(lock, { recursive: true, force: true });
  }
}
