import { isAbsolute, join, normalize, sep } from 'node:path';
import { Fault } from '../faults/index.js';
import { ZipReader } from './zip-reader.js';

export interface UnpackOptions {
  /** The place, relative to the folder, of each member that is wanted; undefined for the others. */
  pick: (member: string) => string | undefined;
  onBytes?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** The wheel's own list of contents (PEP 376 and 427): member to sha256 in base64url. */
function parseRecord(text: string): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^(?:"((?:[^"]|"")*)"|([^,]*)),sha256=([\w-]+),/.exec(line);
    if (match) hashes.set((match[1]?.replaceAll('""', '"') ?? match[2])!, match[3]!);
  }
  return hashes;
}

/**
 * Unpacks the wanted members of a wheel into a folder, each checked against the wheel's RECORD.
 * @returns how many bytes were written
 * @throws Fault SETUP_FAILED where the wheel is damaged, lacks its RECORD, or a member differs from it
 */
export async function unpackWheel(wheel: string, folder: string, { pick, onBytes, signal }: UnpackOptions): Promise<number> {
  const zip = await ZipReader.open(wheel);
  try {
    const record = zip.entries.find((entry) => entry.name.endsWith('.dist-info/RECORD'));
    if (!record) throw new Fault('SETUP_FAILED', `${wheel} has no RECORD, so it is no wheel`);
    const hashes = parseRecord((await zip.read(record)).toString('utf8'));
    const wanted = zip.entries.flatMap((entry) => {
      const place = entry.name.endsWith('/') ? undefined : pick(entry.name);
      return place === undefined ? [] : [{ entry, place: inside(folder, place, wheel) }];
    });
    const total = wanted.reduce((sum, { entry }) => sum + entry.bytes, 0);
    let done = 0;
    for (const { entry, place } of wanted) {
      const hash = await zip.extract(entry, place, { signal, onBytes: (bytes) => onBytes?.(done + bytes, total) });
      if (hash !== hashes.get(entry.name)) {
        throw new Fault('SETUP_FAILED', `${wheel} is damaged: ${entry.name} differs from what its RECORD says`, {
          hint: 'run "mienlab setup" again',
        });
      }
      done += entry.bytes;
    }
    return done;
  } finally {
    await zip.close();
  }
}

function inside(folder: string, place: string, wheel: string): string {
  const clean = normalize(place);
  if (isAbsolute(clean) || clean.split(sep).includes('..')) {
    throw new Fault('SETUP_FAILED', `${wheel} holds a member that would land outside of its folder: ${place}`);
  }
  return join(folder, clean);
}
