/** RGB images [image, pixel, channel] as float32 planes [image, channel, pixel], values 0..255. */
export function planes(bytes: Uint8Array, pixels: number): Float32Array {
  const values = new Float32Array(bytes.length);
  for (let start = 0; start < bytes.length; start += 3 * pixels) {
    for (let i = 0, from = start; i < pixels; i++, from += 3) {
      values[start + i] = bytes[from]!;
      values[start + pixels + i] = bytes[from + 1]!;
      values[start + 2 * pixels + i] = bytes[from + 2]!;
    }
  }
  return values;
}
