import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { RecordStore } from './record-store.js';

/** sha256 of a video's bytes, 24 hexadecimal digits; an unreadable file gives a digest of its path, since its fault comes with decoding. */
export async function clipDigest(video: string, known: RecordStore<string>): Promise<string> {
  try {
    const { size, mtimeMs } = statSync(video);
    const id = `${video}:${size}:${mtimeMs}`;
    const digest = known.get(id);
    if (digest !== undefined) return digest;
    const hash = createHash('sha256');
    await pipeline(createReadStream(video), hash);
    const made = hash.digest('hex').slice(0, 24);
    known.set(id, made);
    return made;
  } catch {
    return createHash('sha256').update(video).digest('hex').slice(0, 24);
  }
}
