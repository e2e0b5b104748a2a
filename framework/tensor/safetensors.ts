import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CheckpointFile, type BlockFormat } from './checkpoint-file.js';
import { elementCount } from './element-count.js';
import { isRecord } from './is-record.js';
import { widenBf16, widenF16 } from './widen-halves.js';

export interface StoredTensor {
  shape: readonly number[];
  data: Float32Array;
}

/** A tensor to write whose values are computed, or read from elsewhere, when its turn comes. */
export interface DeferredTensor {
  shape: readonly number[];
  data: () => Float32Array;
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

const readable: ReadonlyMap<string, BlockFormat> = new Map([
  ['F32', { values: 1, bytes: 4 }],
  ['F16', { values: 1, bytes: 2, widen: widenF16 }],
  ['BF16', { values: 1, bytes: 2, widen: widenBf16 }],
]);

/** The reference implementation's own limit (huggingface/safetensors, MAX_HEADER_SIZE). */
const largestHeader = 100_000_000;
const mostDimensions = 32;

/**
 * Writes float32 tensors as a safetensors file: beside it first, then renamed, so that a file of that name is always whole.
 * Folders are made as needed. Throws a RangeError where a tensor's values are not as many as its shape says.
 */
export function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, StoredTensor | DeferredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  let offset = 0;
  // Without a prototype, so that no name of a tensor means more than a name.
  const header = Object.assign(Object.create(null) as Record<string, unknown>, { __metadata__: metadata });
  for (const [name, { shape }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, (offset += 4 * elementCount(shape))] };
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
    for (const [name, { shape, data }] of Object.entries(tensors)) writeAll(handle, valuesOf(name, shape, data));
    fsyncSync(handle);
  } catch (error) {
    closeSync(handle);
    rmSync(aside, { force: true });
    throw error;
  }
  closeSync(handle);
  try {
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
  return withFile(file, (source) => {
    const { entries, metadata, dataStart } = readHeader(source);
    const tensors: Record<string, StoredTensor> = Object.create(null) as Record<string, StoredTensor>;
    for (const entry of entries) tensors[entry.name] = { shape: entry.shape, data: readEntry(source, entry, dataStart) };
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
  const { entries, metadata, dataStart } = withFile(file, readHeader);
  return { entries, metadata, read: (entry) => withFile(file, (source) => readEntry(source, entry, dataStart)) };
}

function withFile<Result>(file: string, body: (source: CheckpointFile) => Result): Result {
  const source = new CheckpointFile(file, 'safetensors');
  try {
    return body(source);
  } finally {
    source.close();
  }
}

function readEntry(source: CheckpointFile, { name, dtype, shape, begin }: Entry, dataStart: number): Float32Array {
  const format = readable.get(dtype);
  if (!format) throw source.invalid(`its type ${dtype} is none of ${[...readable.keys()].join(', ')}`, name);
  return source.values(dataStart + begin, elementCount(shape), format, name);
}

function readHeader(source: CheckpointFile): { entries: Entry[]; metadata: Record<string, string>; dataStart: number } {
  const { size } = source;
  if (size < 8) throw source.invalid(`it has ${size} bytes, a header needs 8`);
  const first = Buffer.alloc(8);
  source.readInto(first, 0);
  const length = first.readBigUInt64LE();
  if (length < 2n || length > BigInt(largestHeader) || length > BigInt(size - 8))
    throw source.invalid(`its header is said to have ${length} bytes in a file of ${size}`);
  const bytes = Buffer.alloc(Number(length));
  source.readInto(bytes, 8);
  const header = parseHeader(source, bytes);
  const { __metadata__: stated, ...described } = header;
  const metadata = stated ?? {};
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    throw source.invalid('its metadata is not an object of strings');
  const dataStart = 8 + bytes.length;
  const entries = Object.entries(described).map(([name, entry]) => checkedEntry(source, name, entry));
  checkLayout(source, entries, size - dataStart);
  return { entries, metadata: metadata as Record<string, string>, dataStart };
}

function parseHeader(source: CheckpointFile, bytes: Buffer): Record<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw source.invalid(`its header is not JSON (${(cause as Error).message})`, undefined, cause);
  }
  if (!isRecord(header)) throw source.invalid('its header is not a JSON object');
  if (countKeys(text) !== Object.keys(header).length) throw source.invalid('its header describes a tensor twice');
  return header;
}

/** Keys of the outermost object of a JSON text, which may repeat one; JSON.parse takes the last and is silent. */
function countKeys(json: string): number {
  let depth = 0;
  let keys = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}:]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token === ':' && depth === 1) keys++;
  }
  return keys;
}

function checkedEntry(source: CheckpointFile, name: string, entry: unknown): Entry {
  if (!isRecord(entry)) throw source.invalid('it is not described by an object', name);
  const { dtype, shape, data_offsets: offsets } = entry;
  const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
  if (typeof dtype !== 'string' || !Object.hasOwn(sizes, dtype)) {
    throw source.invalid(`its type ${typeof dtype === 'string' ? JSON.stringify(dtype.slice(0, 20)) : typeof dtype} is unknown`, name);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) throw source.invalid('its shape is not a list of sizes', name);
  if (shape.length > mostDimensions) throw source.invalid(`it is said to have ${shape.length} dimensions`, name);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw source.invalid('its data_offsets are not two sizes', name);
  const [begin, end] = offsets as [number, number];
  const bytes = elementCount(shape) * sizes[dtype]!;
  if (bytes !== end - begin)
    throw source.invalid(`${dtype} [${shape.join(', ')}] needs ${bytes} bytes, its data_offsets span ${end - begin}`, name);
  return { name, dtype, shape, begin, end };
}

/** Tensors must lie one behind the other and fill the file: anything else is damage, or bytes hidden from the reader. */
function checkLayout(source: CheckpointFile, entries: readonly Entry[], size: number): void {
  let reached = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== reached) throw source.invalid(`it begins at byte ${begin} of the data, expected ${reached}`, name);
    reached = end;
  }
  if (reached !== size) throw source.invalid(`it holds ${size} bytes of data, its header describes ${reached}`);
}

function valuesOf(name: string, shape: readonly number[], data: Float32Array | (() => Float32Array)): Buffer {
  const values = typeof data === 'function' ? data() : data;
  if (values.length !== elementCount(shape)) throw new RangeError(`"${name}" [${shape.join(', ')}] was given ${values.length} values`);
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function writeAll(handle: number, buffer: Buffer): void {
  for (let done = 0; done < buffer.length;) done += writeSync(handle, buffer, done, Math.min(buffer.length - done, 1 << 30));
}
