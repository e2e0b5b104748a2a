import { CheckpointFile } from '../checkpoint-file.js';
import { elementCount } from '../element-count.js';
import type { StoredWeight } from '../weight-source.js';
import { HeaderCursor } from './header-cursor.js';
import { readValue, type GgufValue } from './read-value.js';
import { otherTypes, tensorTypes, type TensorType } from './tensor-types.js';

/** A tensor of a GGUF file under its own name. The shape is row-major like everywhere in mienlab: the file's dimensions reversed. */
export interface GgufTensor extends StoredWeight {
  type: TensorType;
  /** First byte in the file, and how many. */
  begin: number;
  bytes: number;
}

const magic = 0x46554747;
const mostDimensions = 4;
const defaultAlignment = 32;
const mostKeys = 1 << 16;
const mostTensors = 1 << 20;

/**
 * A GGUF file (versions 2 and 3, little-endian): metadata and tensor table are read and checked at once, tensors when asked for.
 * Source of the format: ggml's docs/gguf.md.
 */
export class GgufFile {
  readonly file: string;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;

  /** Throws Fault CHECKPOINT_INVALID where the header is damaged or lies, or a tensor's type cannot be read; ASSET_MISSING where there is no file. */
  constructor(file: string) {
    const source = new CheckpointFile(file, 'GGUF');
    try {
      const cursor = new HeaderCursor(source);
      this.file = file;
      const counts = readCounts(cursor, source);
      this.metadata = readMetadata(cursor, source, counts.keys);
      this.tensors = readTensorTable(cursor, source, counts.tensors, alignmentOf(this.metadata, source));
    } finally {
      source.close();
    }
  }

  /** A tensor's values as float32, in the file's order. Throws Fault CHECKPOINT_INVALID where there is none of that name or the file was cut short since. */
  read(name: string): Float32Array {
    const source = new CheckpointFile(this.file, 'GGUF');
    try {
      const tensor = this.tensors.get(name);
      if (!tensor) throw source.invalid('it is not there', name);
      return source.values(tensor.begin, tensor.bytes / tensor.type.bytes, tensor.type, name);
    } finally {
      source.close();
    }
  }
}

function readCounts(cursor: HeaderCursor, source: CheckpointFile): { tensors: number; keys: number } {
  if (cursor.uint32('the magic number') !== magic) throw source.invalid('it does not begin with "GGUF"');
  const version = cursor.uint32('the version');
  if (version !== 2 && version !== 3) {
    const bigEndian = version !== 0 && (version & 0xffff) === 0 ? ', as in files for big-endian machines' : '';
    throw source.invalid(`its version is ${version}${bigEndian}; 2 and 3 can be read`);
  }
  const tensors = cursor.size('the number of tensors');
  const keys = cursor.size('the number of metadata keys');
  if (tensors > mostTensors) throw source.invalid(`it is said to hold ${tensors} tensors`);
  if (keys > mostKeys) throw source.invalid(`it is said to hold ${keys} metadata keys`);
  return { tensors, keys };
}

function readMetadata(cursor: HeaderCursor, source: CheckpointFile, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = cursor.string(`metadata key ${i}`);
    if (metadata.has(key)) throw source.invalid(`metadata "${key}" is there twice`);
    metadata.set(key, readValue(cursor, source, cursor.uint32(`the type of metadata "${key}"`), `metadata "${key}"`));
  }
  return metadata;
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, source: CheckpointFile): number {
  const alignment = metadata.get('general.alignment') ?? defaultAlignment;
  if (typeof alignment !== 'number' || !Number.isInteger(Math.log2(alignment)) || alignment < 1)
    throw source.invalid(`metadata "general.alignment" is ${String(alignment)}, expected a power of two`);
  return alignment;
}

function readTensorTable(cursor: HeaderCursor, source: CheckpointFile, count: number, alignment: number): Map<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  for (let i = 0; i < count; i++) {
    const name = cursor.string(`the name of tensor ${i}`);
    if (tensors.has(name)) throw source.invalid('it is there twice', name);
    tensors.set(name, readTensorEntry(cursor, source, name));
  }
  const start = Math.ceil(cursor.position / alignment) * alignment;
  // One behind the other, each from a multiple of the alignment on: what ggml writes, and all that it takes.
  let expected = 0;
  for (const [name, tensor] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.bytes - b.bytes)) {
    if (tensor.begin !== expected) throw source.invalid(`it begins at byte ${tensor.begin} of the data, expected ${expected}`, name);
    expected = Math.ceil((expected + tensor.bytes) / alignment) * alignment;
    tensor.begin += start;
    if (tensor.begin + tensor.bytes > source.size)
      throw source.invalid(`it ends at byte ${tensor.begin + tensor.bytes}, the file at ${source.size}`, name);
  }
  return tensors;
}

/** `begin` is still counted from the start of the data. */
function readTensorEntry(cursor: HeaderCursor, source: CheckpointFile, name: string): GgufTensor {
  const dimensions = cursor.uint32(`the number of dimensions of tensor "${name}"`);
  if (dimensions > mostDimensions) throw source.invalid(`it is said to have ${dimensions} dimensions`, name);
  const shape: number[] = [];
  for (let i = 0; i < dimensions; i++) shape.unshift(cursor.size(`a dimension of tensor "${name}"`));
  const number = cursor.uint32(`the type of tensor "${name}"`);
  const type = tensorTypes.get(number);
  if (!type) throw source.invalid(`its type ${otherTypes.get(number) ?? number} is none of ${readable()}`, name);
  const begin = cursor.size(`the offset of tensor "${name}"`);
  const bytes = (elementCount(shape) / type.values) * type.bytes;
  if (!Number.isSafeInteger(bytes) || (shape.at(-1) ?? 1) % type.values !== 0)
    throw source.invalid(`[${shape.join(', ')}] does not fit ${type.name}, which has rows of whole blocks of ${type.values}`, name);
  return { dtype: type.name, shape, type, begin, bytes };
}

function readable(): string {
  return [...tensorTypes.values()].map(({ name }) => name).join(', ');
}
