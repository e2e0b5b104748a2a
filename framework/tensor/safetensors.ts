import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '../faults/index.js';
import { float32Of, type HalfFloat } from './half-floats.js';

export interface StoredTensor {
  shape: readonly number[];
  data: Float32Array;
}

export interface SafetensorsFile {
  tensors: Record<string, StoredTensor>;
  metadata: Record<string, string>;
}

/** A tensor's place in the file: bytes from the start of the data. */
export interface Entry {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

/** Bytes an element, by the format's names of types. */
const sizes: Readonly<Record<string, number>> = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1 },
  ...{ I64: 8, U64: 8, I32: 4, U32: 4, I16: 2, U16: 2, I8: 1, U8: 1, BOOL: 1 },
};

/** The reference implementation's own limit (huggingface/safetensors, MAX_HEADER_SIZE). */
const largestHeader = 100_000_000;

/**
 * Writes float32 tensors as a safetensors file: beside it first, then renamed, so that a file of that name is always whole.
 * Folders are made as needed.
 */
export function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, (offset += data.byteLength)] };
  }
  const text = Buffer.from(JSON.stringify(header));
  // Data starts at a multiple of 8, as the reference implementation writes it; blanks are allowed at the end of the header.
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));

  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}.part`;
  const handle = openSync(aside, 'w');
  try {
    for (const part of [length, padded]) writeSync(handle, part);
    for (const { data } of Object.values(tensors)) writeAll(handle, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    fsyncSync(handle);
    closeSync(handle);
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

/**
 * Reads a safetensors file; float16 and bfloat16 are widened to float32.
 * Throws Fault CHECKPOINT_INVALID where the header lies or is damaged, bytes are missing, or a type cannot be used; ASSET_MISSING where there is no file.
 */
export function readSafetensors(file: string): SafetensorsFile {
  return withFile(file, (handle) => {
    const { entries, metadata, dataStart } = readHeader(handle, file);
    const tensors: Record<string, StoredTensor> = Object.create(null) as Record<string, StoredTensor>;
    for (const entry of entries) tensors[entry.name] = { shape: entry.shape, data: readEntry(handle, file, entry, dataStart) };
    return { tensors, metadata };
  });
}

/** What a safetensors file holds, of which nothing but the header has been read. */
export interface SafetensorsLayout {
  entries: readonly Entry[];
  metadata: Readonly<Record<string, string>>;
  /** One tensor as float32, read now. Throws as `readSafetensors` does. */
  read(entry: Entry): Float32Array;
}

/** Reads the header of a safetensors file alone; throws as `readSafetensors` does. */
export function openSafetensors(file: string): SafetensorsLayout {
  const { entries, metadata, dataStart } = withFile(file, (handle) => readHeader(handle, file));
  return { entries, metadata, read: (entry) => withFile(file, (handle) => readEntry(handle, file, entry, dataStart)) };
}

function withFile<Result>(file: string, body: (handle: number) => Result): Result {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (cause) {
    throw new Fault('ASSET_MISSING', `${file} cannot be opened`, { where: { source: file }, cause });
  }
  try {
    return body(handle);
  } finally {
    closeSync(handle);
  }
}

function readEntry(handle: number, file: string, { name, dtype, begin, end }: Entry, dataStart: number): Float32Array {
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') throw invalid(file, `its type ${dtype} is none of F32, F16, BF16`, name);
  const bytes = readExactly(handle, dataStart + begin, end - begin);
  return dtype === 'F32' ? new Float32Array(bytes.buffer) : float32Of(new Uint16Array(bytes.buffer), dtype as HalfFloat);
}

function readHeader(handle: number, file: string): { entries: Entry[]; metadata: Record<string, string>; dataStart: number } {
  const { size } = fstatSync(handle);
  if (size < 8) throw invalid(file, `it has ${size} bytes, a header needs 8`);
  const length = readExactly(handle, 0, 8).readBigUInt64LE();
  if (length < 2n || length > BigInt(largestHeader) || length > BigInt(size - 8)) {
    throw invalid(file, `its header is said to have ${length} bytes in a file of ${size}`);
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(readExactly(handle, 8, Number(length))));
  } catch (cause) {
    throw invalid(file, `its header is not JSON (${(cause as Error).message})`);
  }
  if (!isRecord(header)) throw invalid(file, 'its header is not a JSON object');
  const { __metadata__: metadata = {}, ...described } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw invalid(file, 'its metadata is not an object of strings');
  }
  const dataStart = 8 + Number(length);
  const entries = Object.entries(described).map(([name, entry]) => checkedEntry(file, name, entry));
  checkLayout(file, entries, size - dataStart);
  return { entries, metadata: metadata as Record<string, string>, dataStart };
}

function checkedEntry(file: string, name: string, entry: unknown): Entry {
  if (!isRecord(entry)) throw invalid(file, 'it is not described by an object', name);
  const { dtype, shape, data_offsets: offsets } = entry;
  const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof dtype !== 'string' || !Object.hasOwn(sizes, dtype)) throw invalid(file, `its type ${JSON.stringify(dtype)} is unknown`, name);
  if (!Array.isArray(shape) || !shape.every(isSize)) throw invalid(file, 'its shape is not a list of sizes', name);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw invalid(file, 'its data_offsets are not two sizes', name);
  const [begin, end] = offsets as [number, number];
  const bytes = (shape as number[]).reduce((product, side) => product * side, sizes[dtype]!);
  if (bytes !== end - begin)
    throw invalid(file, `${dtype} [${shape.join(', ')}] needs ${bytes} bytes, its data_offsets span ${end - begin}`, name);
  return { name, dtype, shape: shape as number[], begin, end };
}

/** Tensors must lie one behind the other and fill the file: anything else is damage, or bytes hidden from the reader. */
function checkLayout(file: string, entries: readonly Entry[], size: number): void {
  let reached = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== reached) throw invalid(file, `it begins at byte ${begin} of the data, expected ${reached}`, name);
    reached = end;
  }
  if (reached !== size) throw invalid(file, `it holds ${size} bytes of data, its header describes ${reached}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A buffer of its own, so that its ArrayBuffer starts with the data. */
function readExactly(handle: number, position: number, length: number): Buffer<ArrayBuffer> {
  const buffer = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length;) {
    const read = readSync(handle, buffer, done, Math.min(length - done, 1 << 30), position + done);
    if (read === 0) throw new Error('the file became shorter while it was read');
    done += read;
  }
  return buffer;
}

function writeAll(handle: number, buffer: Buffer): void {
  for (let done = 0; done < buffer.length;) done += writeSync(handle, buffer, done, Math.min(buffer.length - done, 1 << 30));
}

function invalid(file: string, why: string, tensor?: string): Fault {
  return new Fault(
    'CHECKPOINT_INVALID',
    `${file} is no whole safetensors file${tensor === undefined ? '' : `, tensor "${tensor}"`}: ${why}`,
    {
      where: { source: file },
      tensor,
      hint: 'fetch or write it again',
    },
  );
}
