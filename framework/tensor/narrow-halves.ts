/** float32 values as IEEE 754 binary16, little-endian, rounded to the nearest, ties to even; beyond 65504 infinite. */
export function narrowF16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = half(bits[i]!);
  return halves;
}

/** Bits of a binary32 that is a number as bits of a binary16. */
function half(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 255;
  if (exponent < 102) return sign;
  // Below 2^-14 a half has no leading bit of its own, and ever fewer places.
  const normal = exponent >= 113;
  const fraction = normal ? bits & 0x7fffff : (bits & 0x7fffff) | 0x800000;
  const shift = normal ? 13 : 126 - exponent;
  const down = (normal ? (exponent - 112) << 10 : 0) + (fraction >>> shift);
  const rest = fraction & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  const rounded = rest > middle || (rest === middle && down & 1) ? down + 1 : down;
  return sign | Math.min(rounded, 0x7c00);
}
