/**
 * Turns whole blocks of stored values, from the first byte on, into float32 values written from `out[at]` on. A block of floats is one value.
 */
export type Widen = (bytes: Uint8Array, blocks: number, out: Float32Array, at: number) => void;

let table: Float32Array | undefined;

/** Every binary16 as float32, by its bits: one look-up instead of decoding. */
export function halfTable(): Float32Array {
  return (table ??= new Float32Array(Uint32Array.from({ length: 1 << 16 }, (_, half) => binary16(half)).buffer));
}

/** IEEE 754 binary16 to float32; exact, infinities included. */
export const widenF16: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  for (let i = 0, p = 0; i < blocks; i++, p += 2) out[at + i] = half[bytes[p]! | (bytes[p + 1]! << 8)]!;
};

/** bfloat16 to float32: its bits are the upper half. */
export const widenBf16: Widen = (bytes, blocks, out, at) => {
  const bits = new Uint32Array(out.buffer, out.byteOffset + 4 * at, blocks);
  for (let i = 0, p = 0; i < blocks; i++, p += 2) bits[i] = (bytes[p]! << 16) | (bytes[p + 1]! << 24);
};

/** Bits of a binary16 as bits of a binary32. */
function binary16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: shift the leading bit out and count.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13);
}
