import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw, inflateRawSync } from 'node:zlib';
import { Fault } from '../faults/index.js';

const endOfDirectory = 0x06054b50;
const centralHeader = 0x02014b50;
const localHeader = 0x04034b50;
const endLength = 22;
const longestComment = 0xffff;
const chunk = 1 << 20;

export interface ZipEntry {
  name: string;
  /** 0 stored, 8 deflated; others are refused when read. */
  method: number;
  packedBytes: number;
  bytes: number;
  offset: number;
}

export interface ExtractOptions {
  signal?: AbortSignal;
  /** How many bytes of the member have been unpacked. */
  onBytes?: (bytes: number) => void;
}

/** Reads members of a zip file by its central directory. Archives past 4 GiB or 65,535 members (zip64) and encrypted ones are refused. */
export class ZipReader {
  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    readonly entries: readonly ZipEntry[],
  ) {}

  /** @throws Fault SETUP_FAILED where the file is no zip, is cut off, or is of a kind that is not read */
  static async open(path: string): Promise<ZipReader> {
    const file = await open(path, 'r');
    try {
      return new ZipReader(file, path, await readDirectory(file, path));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** A small member as a whole. */
  async read(entry: ZipEntry): Promise<Buffer> {
    const packed = await readExactly(this.file, this.path, await this.dataOffset(entry), entry.packedBytes);
    try {
      return entry.method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.bytes) });
    } catch (cause) {
      throw damaged(this.path, `${entry.name} does not inflate`, cause);
    }
  }

  /**
   * Writes a member to a new file, making its folder.
   * @returns its sha256 in base64url, as a wheel's RECORD has it
   */
  async extract(entry: ZipEntry, destination: string, { signal, onBytes }: ExtractOptions = {}): Promise<string> {
    const start = await this.dataOffset(entry);
    await mkdir(dirname(destination), { recursive: true });
    const hash = createHash('sha256');
    let bytes = 0;
    const path = this.path;
    const measure = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const part of source) {
        hash.update(part);
        bytes += part.length;
        if (bytes > entry.bytes) throw damaged(path, `${entry.name} holds more than ${entry.bytes} bytes`);
        onBytes?.(bytes);
        yield part;
      }
    };
    const output = createWriteStream(destination, { flags: 'wx' });
    const packed = this.packed(start, entry.packedBytes);
    try {
      if (entry.method === 0) await pipeline(packed, measure, output, { signal });
      else await pipeline(packed, createInflateRaw({ chunkSize: chunk }), measure, output, { signal });
    } catch (cause) {
      if (signal?.aborted || (cause as NodeJS.ErrnoException).code === 'ENOSPC') throw cause;
      throw cause instanceof Fault ? cause : damaged(this.path, `${entry.name} does not inflate`, cause);
    }
    if (bytes !== entry.bytes) throw damaged(this.path, `${entry.name} holds ${bytes} bytes instead of ${entry.bytes}`);
    return hash.digest('base64url');
  }

  private async *packed(start: number, length: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < length; at += chunk) yield await readExactly(this.file, this.path, start + at, Math.min(chunk, length - at));
  }

  private async dataOffset(entry: ZipEntry): Promise<number> {
    if (entry.method !== 0 && entry.method !== 8)
      throw damaged(this.path, `${entry.name} is packed by method ${entry.method}, which is not read`);
    const header = await readExactly(this.file, this.path, entry.offset, 30);
    if (header.readUInt32LE(0) !== localHeader) throw damaged(this.path, `${entry.name} has no header where one should be`);
    return entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  }
}

function damaged(path: string, what: string, cause?: unknown): Fault {
  return new Fault('SETUP_FAILED', `${path} is damaged: ${what}`, { cause, hint: 'run "mienlab setup" again' });
}

async function readExactly(file: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) throw damaged(path, 'it ends too early');
    filled += bytesRead;
  }
  return buffer;
}

async function readDirectory(file: FileHandle, path: string): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  const tailStart = Math.max(0, size - endLength - longestComment);
  const tail = await readExactly(file, path, tailStart, size - tailStart);
  let end = tail.length - endLength;
  while (end >= 0 && !(tail.readUInt32LE(end) === endOfDirectory && end + endLength + tail.readUInt16LE(end + 20) === tail.length)) end--;
  if (end < 0) throw damaged(path, 'it is no zip file, or its end is missing');
  const count = tail.readUInt16LE(end + 10);
  const length = tail.readUInt32LE(end + 12);
  const start = tail.readUInt32LE(end + 16);
  if (count === 0xffff || start === 0xffffffff) throw damaged(path, 'zip64 is not read');
  if (start + length > tailStart + end) throw damaged(path, 'its directory lies outside of it');
  return parseDirectory(await readExactly(file, path, start, length), count, path, size);
}

function parseDirectory(directory: Buffer, count: number, path: string, size: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count;) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== centralHeader) throw damaged(path, 'its directory is broken');
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    if (nameEnd > directory.length) throw damaged(path, 'its directory is broken');
    const entry: ZipEntry = {
      name: directory.toString('utf8', at + 46, nameEnd),
      method: directory.readUInt16LE(at + 10),
      packedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    };
    if (directory.readUInt16LE(at + 8) & 1) throw damaged(path, `${entry.name} is encrypted`);
    if ([entry.packedBytes, entry.bytes, entry.offset].includes(0xffffffff)) throw damaged(path, 'zip64 is not read');
    if (entry.offset + entry.packedBytes > size) throw damaged(path, `${entry.name} lies outside of it`);
    entries.push(entry);
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}
