/** Protocol buffers' wire format, as far as graphs need it (protobuf.dev/programming-guides/encoding). */

const text = new TextEncoder();

/** A message under construction: parts in the order they were added, joined once. */
export class Message {
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  /** A number, enum or flag; negative ones as 64-bit two's complement. */
  varint(field: number, value: number): this {
    return this.#add(varint(field * 8)).#add(varint(value));
  }

  float(field: number, value: number): this {
    return this.#add(varint(field * 8 + 5)).#add(new Uint8Array(Float32Array.of(value).buffer));
  }

  /** A nested message, a text or bytes. */
  part(field: number, value: Message | string | Uint8Array): this {
    const bytes = value instanceof Message ? value : typeof value === 'string' ? text.encode(value) : value;
    const size = bytes instanceof Message ? bytes.#size : bytes.length;
    this.#add(varint(field * 8 + 2)).#add(varint(size));
    if (!(bytes instanceof Message)) return this.#add(bytes);
    for (const part of bytes.#parts) this.#add(part);
    return this;
  }

  /** An entry of a map<string, message>. */
  entry(field: number, key: string, value: Message): this {
    return this.part(field, new Message().part(1, key).part(2, value));
  }

  bytes(): Uint8Array {
    const joined = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  #add(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    return this;
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  if (rest < 128n) return Uint8Array.of(Number(rest));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
