export type HalfFloat = 'F16' | 'BF16';

/** 16-bit floats, IEEE 754 binary16 or bfloat16, widened to float32; exact, NaNs and infinities included. */
export function float32Of(halves: Uint16Array, format: HalfFloat): Float32Array {
  const bits = new Uint32Array(halves.length);
  if (format === 'BF16') for (let i = 0; i < bits.length; i++) bits[i] = halves[i]! << 16;
  else for (let i = 0; i < bits.length; i++) bits[i] = binary16(halves[i]!);
  return new Float32Array(bits.buffer);
}

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
