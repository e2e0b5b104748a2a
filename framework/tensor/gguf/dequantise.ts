import { halfTable, type Widen } from '../widen-halves.js';

// Products of a scale and a quant are exact in float64 and rounded once on storing, which gives the very bits of ggml's float32 arithmetic.
// Layouts: ggml's block_q4_0, block_q4_1, ... (ggml-common.h). A block holds 32 values; the low nibbles are the first 16.

export const dequantiseQ40: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 18, y += 32) {
    const d = half[bytes[p]! | (bytes[p + 1]! << 8)]!;
    for (let k = 0; k < 16; k++) {
      const q = bytes[p + 2 + k]!;
      out[y + k] = d * ((q & 15) - 8);
      out[y + 16 + k] = d * ((q >> 4) - 8);
    }
  }
};

export const dequantiseQ41: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 20, y += 32) {
    const d = half[bytes[p]! | (bytes[p + 1]! << 8)]!;
    const m = half[bytes[p + 2]! | (bytes[p + 3]! << 8)]!;
    for (let k = 0; k < 16; k++) {
      const q = bytes[p + 4 + k]!;
      out[y + k] = d * (q & 15) + m;
      out[y + 16 + k] = d * (q >> 4) + m;
    }
  }
};

export const dequantiseQ50: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 22, y += 32) {
    const d = half[bytes[p]! | (bytes[p + 1]! << 8)]!;
    const high = bytes[p + 2]! | (bytes[p + 3]! << 8) | (bytes[p + 4]! << 16) | (bytes[p + 5]! << 24);
    for (let k = 0; k < 16; k++) {
      const q = bytes[p + 6 + k]!;
      out[y + k] = d * (((q & 15) | (((high >>> k) & 1) << 4)) - 16);
      out[y + 16 + k] = d * (((q >> 4) | (((high >>> (k + 16)) & 1) << 4)) - 16);
    }
  }
};

export const dequantiseQ51: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 24, y += 32) {
    const d = half[bytes[p]! | (bytes[p + 1]! << 8)]!;
    const m = half[bytes[p + 2]! | (bytes[p + 3]! << 8)]!;
    const high = bytes[p + 4]! | (bytes[p + 5]! << 8) | (bytes[p + 6]! << 16) | (bytes[p + 7]! << 24);
    for (let k = 0; k < 16; k++) {
      const q = bytes[p + 8 + k]!;
      out[y + k] = d * ((q & 15) | (((high >>> k) & 1) << 4)) + m;
      out[y + 16 + k] = d * ((q >> 4) | (((high >>> (k + 16)) & 1) << 4)) + m;
    }
  }
};

export const dequantiseQ80: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  const quants = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 34, y += 32) {
    const d = half[bytes[p]! | (bytes[p + 1]! << 8)]!;
    for (let k = 0; k < 32; k++) out[y + k] = d * quants[p + 2 + k]!;
  }
};

/** ggml's kvalues_iq4nl: what the 16 quants of the non-linear types stand for. */
const nonLinear = Float32Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

export const dequantiseIq4Nl: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 18, y += 32) {
    const d = half[bytes[p]! | (bytes[p + 1]! << 8)]!;
    for (let k = 0; k < 16; k++) {
      const q = bytes[p + 2 + k]!;
      out[y + k] = d * nonLinear[q & 15]!;
      out[y + 16 + k] = d * nonLinear[q >> 4]!;
    }
  }
};
