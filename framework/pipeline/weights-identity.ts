import { readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';

/**
 * What stands for the bytes of the files that a plugin's config names: path, size and time of change of every file that a text of the config
 * is the path of, or that lies in a folder it is the path of. A weight file of some gigabytes is not read for it. Folders around the one the
 * user stands in are left out: `.` and `/` are texts of other meanings.
 */
export function weightsIdentity(config: unknown): string[] {
  return texts(config)
    .map((text) => resolve(text))
    .filter((path) => !holdsUser(path))
    .flatMap(filesAt);
}

/** Whether the user stands in a folder, or in one within it. */
function holdsUser(folder: string): boolean {
  const way = relative(folder, process.cwd());
  return !way.startsWith('..') && !isAbsolute(way);
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

function filesAt(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return [];
  if (!found.isDirectory()) return [`${path}:${found.size}:${found.mtimeMs}`];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesAt(join(path, name)));
}
