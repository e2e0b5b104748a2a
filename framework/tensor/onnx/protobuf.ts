/** One field of a protocol buffer message, with the bytes it stands in. */
export interface ProtoField {
  field: number;
  /** 0 varint, 1 eight bytes, 2 a length and as many bytes, 5 four bytes. */
  wire: number;
  /** Of a varint; 0 otherwise. */
  value: number;
  /** What the field holds: the content of a string or message, else the raw bytes. */
  content: Uint8Array;
  /** The field with its tag, as it stands. */
  whole: Uint8Array;
}

function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0n;
  let end = start;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = bytes[end++];
    if (byte === undefined) break;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return { value: Number(BigInt.asIntN(64, value)), end };
  }
  throw new RangeError(`a number at byte ${start} does not end`);
}

/** The fields of a message, without copies. Throws RangeError where it is damaged. */
export function* protoFields(message: Uint8Array): Generator<ProtoField> {
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    const [field, wire] = [Math.floor(tag.value / 8), tag.value % 8];
    let start = tag.end;
    let end: number;
    let value = 0;
    if (wire === 0) ({ value, end } = readVarint(message, start));
    else if (wire === 1) end = start + 8;
    else if (wire === 5) end = start + 4;
    else if (wire === 2) {
      const length = readVarint(message, start);
      start = length.end;
      end = start + length.value;
    } else throw new RangeError(`no field at byte ${at}`);
    if (field < 1 || !(end >= start && end <= message.length))
      throw new RangeError(`a field at byte ${at} reaches beyond what it is part of`);
    yield { field, wire, value, content: message.subarray(start, end), whole: message.subarray(at, end) };
    at = end;
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}

/** A field that holds a number, 0 or above. */
export const protoNumber = (field: number, value: number): Uint8Array => Buffer.concat([varint(field * 8), varint(value)]);

/** A field that holds a string, or a message of the given parts. */
export function protoBytes(field: number, ...parts: (Uint8Array | string)[]): Uint8Array {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}
