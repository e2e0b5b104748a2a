import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * What stands for the bytes of the files that a plugin's config names: path, size and time of change of every file that a text of the config
 * is the path of, or that lies in a folder it is the path of. A weight file of some gigabytes is not read for it.
 */
export function weightsIdentity(config: unknown): string[] {
  return texts(config).flatMap((text) => (text ? filesAt(resolve(text)) : []));
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
