import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withFolderLock } from './folder-lock.js';

const markerName = 'complete.json';
const asidePrefix = '.part-';

/** What a finished folder of the cache says of itself; written last. */
export interface Marker {
  /** Where it was made: some of what lies in it holds absolute paths. */
  path: string;
  bytes: number;
  versions: Record<string, string>;
}

/** The marker of a finished folder; undefined where it is missing, unfinished, or was moved here from elsewhere. */
export function readMarker(folder: string): Marker | undefined {
  const file = join(folder, markerName);
  if (!existsSync(file)) return undefined;
  const marker = JSON.parse(readFileSync(file, 'utf8')) as Marker;
  return marker.path === folder ? marker : undefined;
}

/** Bytes on disk of a folder's files, links not followed, hard links counted once. */
export async function folderBytes(folder: string): Promise<number> {
  let sum = 0;
  const seen = new Set<number>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { size, nlink, ino } = await stat(join(entry.parentPath, entry.name));
    if (nlink > 1 && seen.has(ino)) continue;
    seen.add(ino);
    sum += size;
  }
  return sum;
}

export interface KeepOptions {
  signal?: AbortSignal;
  onWait?: (owner: string) => void;
  /** What is made cannot be moved afterwards, so it is made in its final place; the marker, written last, still tells it from a half-made one. */
  inPlace?: boolean;
  /** Whether a finished folder still serves; else it is made anew. */
  sound?: () => boolean;
}

/**
 * The folder of the cache with that path, made by `make` where it is not there yet. `make` fills a folder aside that is renamed once it is
 * done; several processes that want the same folder wait for the first. What an interrupted one left behind is removed.
 */
export async function keepFolder(
  folder: string,
  make: (aside: string) => Promise<Record<string, string>>,
  { signal, onWait, inPlace, sound }: KeepOptions = {},
): Promise<Marker> {
  const parent = dirname(folder);
  return withFolderLock(
    join(parent, `.${basename(folder)}.lock`),
    async () => {
      const there = readMarker(folder);
      if (there && sound?.() !== false) return there;
      const prefix = `${asidePrefix}${basename(folder)}-`;
      for (const name of await readdir(parent)) if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
      const aside = inPlace ? folder : join(parent, prefix + randomUUID().slice(0, 8));
      try {
        await mkdir(aside, { recursive: true });
        const versions = await make(aside);
        const marker: Marker = { path: folder, bytes: await folderBytes(aside), versions };
        await writeFile(join(aside, markerName), `${JSON.stringify(marker, null, 2)}\n`);
        if (aside !== folder) await rename(aside, folder);
        return marker;
      } catch (error) {
        await rm(aside, { recursive: true, force: true });
        throw error;
      }
    },
    { signal, onWait },
  );
}
