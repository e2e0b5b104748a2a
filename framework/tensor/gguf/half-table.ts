import { float32Of } from '../half-floats.js';

let table: Float32Array | undefined;

/** Every binary16 as float32, by its bits: one look-up where dequantisation would otherwise decode a scale for each block. */
export function halfTable(): Float32Array {
  return (table ??= float32Of(
    Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits),
    'F16',
  ));
}
