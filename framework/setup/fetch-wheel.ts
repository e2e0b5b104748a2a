import { createHash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../faults/index.js';
import { findOnIndex, type PackageIndex } from './package-index.js';
import type { PinnedWheel } from './wheel-table.js';

const attempts = 4;
const stallMs = 60_000;

export interface FetchOptions {
  onBytes?: (done: number, total: number) => void;
  signal?: AbortSignal;
  /** The pause before the second attempt, doubled each time. */
  pauseMs?: number;
}

/** Passes bytes on, but throws when none came for a minute. */
async function* withoutStalls(body: AsyncIterable<Uint8Array>, stall: AbortController): AsyncGenerator<Uint8Array> {
  let timer = setTimeout(() => stall.abort(), stallMs);
  try {
    for await (const part of body) {
      clearTimeout(timer);
      yield part;
      timer = setTimeout(() => stall.abort(), stallMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

interface Source {
  url: URL;
  headers: Record<string, string>;
}

/** Fills the file and returns the sha256 of what came. */
async function download(
  source: Source,
  wheel: PinnedWheel,
  file: FileHandle,
  { onBytes, signal, pauseMs = 1_000 }: FetchOptions,
): Promise<string> {
  let hash = createHash('sha256');
  let done = 0;
  for (let attempt = 1; done < wheel.bytes; attempt++) {
    try {
      const stall = new AbortController();
      const response = await fetch(source.url, {
        headers: { ...source.headers, 'accept-encoding': 'identity', ...(done > 0 ? { range: `bytes=${done}-` } : {}) },
        signal: AbortSignal.any([stall.signal, ...(signal ? [signal] : [])]),
      });
      if (!response.ok || !response.body) {
        await response.body?.cancel();
        const message = `${source.url.host} answers ${response.status} for ${wheel.file}`;
        throw response.status >= 500 ? new Error(message) : new Fault('SETUP_FAILED', message);
      }
      if (response.status !== 206) {
        hash = createHash('sha256');
        done = 0;
      }
      for await (const part of withoutStalls(response.body, stall)) {
        if (done + part.length > wheel.bytes) {
          throw new Fault('SETUP_FAILED', `${wheel.file} is longer than it should be: not what was pinned`);
        }
        hash.update(part);
        await file.write(part, 0, part.length, done);
        done += part.length;
        onBytes?.(done, wheel.bytes);
      }
      if (done < wheel.bytes) throw new Error(`the connection ended ${wheel.bytes - done} bytes early`);
    } catch (cause) {
      if (signal?.aborted || cause instanceof Fault || (cause as NodeJS.ErrnoException).code === 'ENOSPC') throw cause;
      if (attempt === attempts) {
        const reason = ((cause as Error).cause as Error | undefined)?.message ?? (cause as Error).message;
        throw new Fault('SETUP_FAILED', `${wheel.file} cannot be downloaded from ${source.url.host}: ${reason}`, { cause });
      }
      await sleep(pauseMs * 2 ** (attempt - 1), undefined, { signal });
    }
  }
  return hash.digest('hex');
}

/**
 * Downloads a pinned wheel into a folder; a broken connection is taken up where it broke.
 * @returns the path of the wheel, whose sha256 is the pinned one
 * @throws Fault SETUP_FAILED where it cannot be had or its content is not the pinned one; nothing is left behind then
 */
export async function fetchWheel(index: PackageIndex, wheel: PinnedWheel, folder: string, options: FetchOptions = {}): Promise<string> {
  const source = await findOnIndex(index, wheel.project, wheel.file, options.signal);
  const path = join(folder, basename(wheel.file));
  const file = await open(path, 'w');
  try {
    const found = await download(source, wheel, file, options).finally(() => file.close());
    if (found === wheel.sha256) return path;
    throw new Fault('SETUP_FAILED', `${wheel.file} from ${source.url.host} is not what was pinned: its sha256 is ${found}`, {
      expected: wheel.sha256,
      hint: 'the download was altered or broken: nothing of it is used',
    });
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
