/** A metadata value with the format's number of its type; arrays give the type of their elements. */
export type TypedValue = { type: number; value: number | bigint | boolean | string } | { array: number; values: readonly unknown[] };

export interface TestTensor {
  name: string;
  /** The file's order: fastest first. */
  dims: readonly number[];
  type: number;
  data: Uint8Array;
  /** What the table says, where it is to lie. */
  offset?: bigint;
}

export interface TestGguf {
  version?: number;
  metadata?: Readonly<Record<string, TypedValue>>;
  tensors?: readonly TestTensor[];
  alignment?: number;
}

const widths: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function scalar(type: number, value: unknown): Buffer {
  if (type === 8) return string(value as string);
  if (type === 9) return array(value as { array: number; values: readonly unknown[] });
  const bytes = Buffer.alloc(widths[type]!);
  if (type === 6) bytes.writeFloatLE(value as number);
  else if (type === 12) bytes.writeDoubleLE(value as number);
  else if (type === 10) bytes.writeBigUInt64LE(BigInt(value as number));
  else if (type === 11) bytes.writeBigInt64LE(BigInt(value as number));
  else if (type % 2 === 1 && type !== 7) bytes.writeIntLE(value as number, 0, bytes.length);
  else bytes.writeUIntLE(Number(value), 0, bytes.length);
  return bytes;
}

function array({ array: type, values }: { array: number; values: readonly unknown[] }): Buffer {
  return Buffer.concat([u32(type), u64(values.length), ...values.map((value) => scalar(type, value))]);
}

function padded(bytes: Buffer, alignment: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
}

/** The bytes of a small GGUF file as ggml would write them, for tests. */
export function ggufBytes({ version = 3, metadata = {}, tensors = [], alignment = 32 }: TestGguf): Buffer {
  const keys = Object.entries(metadata).map(([key, value]) =>
    'array' in value
      ? Buffer.concat([string(key), u32(9), array(value)])
      : Buffer.concat([string(key), u32(value.type), scalar(value.type, value.value)]),
  );
  const table: Buffer[] = [];
  const data: Buffer[] = [];
  let reached = 0;
  for (const { name, dims, type, data: bytes, offset } of tensors) {
    table.push(Buffer.concat([string(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset ?? reached)]));
    data.push(padded(Buffer.from(bytes), alignment));
    reached += data.at(-1)!.length;
  }
  const head = [Buffer.from('GGUF'), u32(version), u64(tensors.length), u64(keys.length), ...keys, ...table];
  return Buffer.concat([padded(Buffer.concat(head), alignment), ...data]);
}

export const text = (value: string): TypedValue => ({ type: 8, value });
export const uint = (value: number): TypedValue => ({ type: 4, value });
export const float = (value: number): TypedValue => ({ type: 6, value });
export const flag = (value: boolean): TypedValue => ({ type: 7, value });
export const texts = (values: readonly string[]): TypedValue => ({ array: 8, values });

export function float32Tensor(name: string, dims: readonly number[], values: ArrayLike<number>): TestTensor {
  return { name, dims, type: 0, data: new Uint8Array(Float32Array.from(values).buffer) };
}
