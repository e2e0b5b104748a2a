import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, parse, relative, resolve, sep } from 'node:path';
import { Fault } from '../../faults/index.js';

/** A video and the name that what is made of it goes by; `/` stands between folders. */
export interface NamedVideo {
  path: string;
  name: string;
}

const endings = new Set([
  '.mp4',
  '.m4v',
  '.mov',
  '.mkv',
  '.webm',
  '.avi',
  '.mpg',
  '.mpeg',
  '.ts',
  '.m2ts',
  '.wmv',
  '.flv',
  '.3gp',
  '.ogv',
  '.gif',
]);

function videosIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.has(extname(entry.name).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0]!);
  while (!paths.every((path) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep))) folder = dirname(folder);
  return folder;
}

/**
 * The videos that are named, and those in folders that are named (by the ends of their names, folders within them as well). Their names are the
 * files' without what follows the last dot; with it where two would be the same; with their folders where they still would.
 * @throws Fault VIDEO_UNREADABLE where there is no such file, USAGE where there is no video at all
 */
export function videoFiles(named: readonly string[]): NamedVideo[] {
  const paths = named.flatMap((one) => {
    const path = resolve(one);
    if (!existsSync(path))
      throw new Fault('VIDEO_UNREADABLE', `there is no ${path}`, { clip: one, expected: 'a video file, or a folder of them' });
    return statSync(path).isDirectory() ? videosIn(path) : [path];
  });
  const unique = [...new Set(paths)];
  if (unique.length === 0) throw new Fault('USAGE', `there is no video in ${named.join(', ')}`, { known: [...endings] });
  const root = commonFolder(unique);
  const forms: ((path: string) => string)[] = [
    (path) => parse(path).name,
    (path) => parse(path).base,
    (path) => relative(root, path).split(sep).join('/'),
  ];
  const form = forms.find((nameOf) => new Set(unique.map(nameOf)).size === unique.length)!;
  return unique.map((path) => ({ path, name: form(path) }));
}
