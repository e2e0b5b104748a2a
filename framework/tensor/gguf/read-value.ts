import type { CheckpointFile } from '../checkpoint-file.js';
import type { HeaderCursor } from './header-cursor.js';

export type Numbers = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;
type NumberArray = Numbers | BigUint64Array | BigInt64Array;

/** Arrays of numbers are typed arrays. 64-bit integers are numbers where those are exact, bigints beyond 2^53 and in arrays. */
export type GgufValue = number | bigint | boolean | string | NumberArray | readonly boolean[] | readonly string[] | readonly GgufValue[];

interface NumberType {
  bytes: number;
  read: (buffer: ArrayBuffer) => NumberArray;
}

/** By the format's number of the type. Typed arrays have the byte order of the machine: Node runs on little-endian ones only. */
const numberTypes: Readonly<Record<number, NumberType>> = {
  0: { bytes: 1, read: (buffer) => new Uint8Array(buffer) },
  1: { bytes: 1, read: (buffer) => new Int8Array(buffer) },
  2: { bytes: 2, read: (buffer) => new Uint16Array(buffer) },
  3: { bytes: 2, read: (buffer) => new Int16Array(buffer) },
  4: { bytes: 4, read: (buffer) => new Uint32Array(buffer) },
  5: { bytes: 4, read: (buffer) => new Int32Array(buffer) },
  6: { bytes: 4, read: (buffer) => new Float32Array(buffer) },
  10: { bytes: 8, read: (buffer) => new BigUint64Array(buffer) },
  11: { bytes: 8, read: (buffer) => new BigInt64Array(buffer) },
  12: { bytes: 8, read: (buffer) => new Float64Array(buffer) },
};
const boolType = 7;
const stringType = 8;
const arrayType = 9;

/** No writer nests arrays at all; a lying file must not exhaust the stack, nor memory with empty arrays. */
const deepestArray = 4;
const mostNestedArrays = 1 << 16;

/** One metadata value of that type; `what` names it in faults. */
export function readValue(cursor: HeaderCursor, source: CheckpointFile, type: number, what: string): GgufValue {
  if (type === boolType) return readBool(cursor, source, what);
  if (type === stringType) return cursor.string(what);
  if (type === arrayType) return readArray(cursor, source, what, 1);
  const [value] = readNumbers(cursor, source, type, 1, what);
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value!;
}

function readArray(cursor: HeaderCursor, source: CheckpointFile, what: string, depth: number): GgufValue {
  const type = cursor.uint32(`the element type of ${what}`);
  const count = cursor.size(`the length of ${what}`);
  if (type === arrayType) {
    if (depth === deepestArray) throw source.invalid(`${what} nests arrays deeper than ${deepestArray}`);
    if (count > mostNestedArrays) throw source.invalid(`${what} is said to hold ${count} arrays`);
    return filled(cursor, source, count, 12, what, () => readArray(cursor, source, what, depth + 1));
  }
  if (type === boolType) return filled(cursor, source, count, 1, what, () => readBool(cursor, source, what));
  if (type === stringType) return filled(cursor, source, count, 8, what, () => cursor.string(what));
  return readNumbers(cursor, source, type, count, what);
}

/** `least` is what the shortest element takes: a count that cannot fit in the file is refused before anything is made for it. */
function filled<T>(cursor: HeaderCursor, source: CheckpointFile, count: number, least: number, what: string, read: () => T): T[] {
  if (count * least > cursor.left) throw source.invalid(`${what} is said to hold ${count} values, the file ends before`);
  const values: T[] = [];
  for (let i = 0; i < count; i++) values.push(read());
  return values;
}

function readNumbers(cursor: HeaderCursor, source: CheckpointFile, type: number, count: number, what: string): NumberArray {
  const numberType = numberTypes[type];
  if (!numberType) throw source.invalid(`${what} has the unknown type ${type}`);
  return numberType.read(cursor.bytes(count * numberType.bytes, what));
}

function readBool(cursor: HeaderCursor, source: CheckpointFile, what: string): boolean {
  const value = cursor.uint8(what);
  if (value > 1) throw source.invalid(`${what} is a truth value of ${value}`);
  return value === 1;
}
