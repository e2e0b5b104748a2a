import { halfTable, type Widen } from '../widen-halves.js';

// ggml's k-quants (block_q2_K to block_q6_K in ggml-common.h): 256 values a block, in sub-blocks of 16 or 32 with scales of their own.

const lowBits = 0x3f;

/** The 6-bit scale of sub-block `i` of 8 in Q4_K and Q5_K; 12 bytes at `p` hold 8 scales and 8 minima (get_scale_min_k4). */
function scaleOf(bytes: Uint8Array, p: number, i: number): number {
  return i < 4 ? bytes[p + i]! & lowBits : (bytes[p + i + 4]! & 15) | ((bytes[p + i - 4]! >> 6) << 4);
}

function minimumOf(bytes: Uint8Array, p: number, i: number): number {
  return i < 4 ? bytes[p + i + 4]! & lowBits : (bytes[p + i + 4]! >> 4) | ((bytes[p + i]! >> 6) << 4);
}

export const dequantiseQ2K: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 84, y += 256) {
    const d = half[bytes[p + 80]! | (bytes[p + 81]! << 8)]!;
    const minimum = half[bytes[p + 82]! | (bytes[p + 83]! << 8)]!;
    for (let sub = 0; sub < 16; sub++) {
      const scale = d * (bytes[p + sub]! & 15);
      const shiftBy = minimum * (bytes[p + sub]! >> 4);
      const quants = p + 16 + 32 * (sub >> 3) + 16 * (sub & 1);
      const shift = sub & 6;
      for (let k = 0; k < 16; k++) out[y + 16 * sub + k] = scale * ((bytes[quants + k]! >> shift) & 3) - shiftBy;
    }
  }
};

export const dequantiseQ3K: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 110, y += 256) {
    const d = half[bytes[p + 108]! | (bytes[p + 109]! << 8)]!;
    for (let sub = 0; sub < 16; sub++) {
      const low = sub < 8 ? bytes[p + 96 + sub]! & 15 : bytes[p + 88 + sub]! >> 4;
      const high = (bytes[p + 104 + (sub & 3)]! >> (2 * (sub >> 2))) & 3;
      const scale = d * ((low | (high << 4)) - 32);
      const mask = p + 16 * (sub & 1);
      const quants = p + 32 + 32 * (sub >> 3) + 16 * (sub & 1);
      const shift = sub & 6;
      const bit = sub >> 1;
      for (let k = 0; k < 16; k++) {
        const offset = ((bytes[mask + k]! >> bit) & 1) === 1 ? 0 : 4;
        out[y + 16 * sub + k] = scale * (((bytes[quants + k]! >> shift) & 3) - offset);
      }
    }
  }
};

export const dequantiseQ4K: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 144, y += 256) {
    const d = half[bytes[p]! | (bytes[p + 1]! << 8)]!;
    const minimum = half[bytes[p + 2]! | (bytes[p + 3]! << 8)]!;
    for (let pair = 0; pair < 4; pair++) {
      const low = d * scaleOf(bytes, p + 4, 2 * pair);
      const lowShift = minimum * minimumOf(bytes, p + 4, 2 * pair);
      const high = d * scaleOf(bytes, p + 4, 2 * pair + 1);
      const highShift = minimum * minimumOf(bytes, p + 4, 2 * pair + 1);
      const to = y + 64 * pair;
      for (let k = 0; k < 32; k++) {
        const q = bytes[p + 16 + 32 * pair + k]!;
        out[to + k] = low * (q & 15) - lowShift;
        out[to + 32 + k] = high * (q >> 4) - highShift;
      }
    }
  }
};

export const dequantiseQ5K: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 176, y += 256) {
    const d = half[bytes[p]! | (bytes[p + 1]! << 8)]!;
    const minimum = half[bytes[p + 2]! | (bytes[p + 3]! << 8)]!;
    for (let pair = 0; pair < 4; pair++) {
      const low = d * scaleOf(bytes, p + 4, 2 * pair);
      const lowShift = minimum * minimumOf(bytes, p + 4, 2 * pair);
      const high = d * scaleOf(bytes, p + 4, 2 * pair + 1);
      const highShift = minimum * minimumOf(bytes, p + 4, 2 * pair + 1);
      const to = y + 64 * pair;
      for (let k = 0; k < 32; k++) {
        const q = bytes[p + 48 + 32 * pair + k]!;
        const fifth = bytes[p + 16 + k]! >> (2 * pair);
        out[to + k] = low * ((q & 15) | ((fifth & 1) << 4)) - lowShift;
        out[to + 32 + k] = high * ((q >> 4) | ((fifth & 2) << 3)) - highShift;
      }
    }
  }
};

export const dequantiseQ6K: Widen = (bytes, blocks, out, at) => {
  const half = halfTable();
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 210, y += 256) {
    const d = half[bytes[p + 208]! | (bytes[p + 209]! << 8)]!;
    // 64 low-nibble bytes and 32 bytes of upper bit pairs give 128 values, in four rows of 32; a scale holds for 16 of them.
    for (let part = 0; part < 4; part++) {
      const nibbles = p + 64 * (part >> 1) + 16 * (part & 1);
      const pairs = p + 128 + 32 * (part >> 1) + 16 * (part & 1);
      const scales = p + 192 + 8 * (part >> 1) + (part & 1);
      const s0 = d * signed[scales]!;
      const s1 = d * signed[scales + 2]!;
      const s2 = d * signed[scales + 4]!;
      const s3 = d * signed[scales + 6]!;
      const to = y + 128 * (part >> 1) + 16 * (part & 1);
      for (let k = 0; k < 16; k++) {
        const first = bytes[nibbles + k]!;
        const second = bytes[nibbles + 32 + k]!;
        const high = bytes[pairs + k]!;
        out[to + k] = s0 * (((first & 15) | ((high & 3) << 4)) - 32);
        out[to + 32 + k] = s1 * (((second & 15) | ((high & 12) << 2)) - 32);
        out[to + 64 + k] = s2 * (((first >> 4) | (high & 48)) - 32);
        out[to + 96 + k] = s3 * (((second >> 4) | ((high & 192) >> 2)) - 32);
      }
    }
  }
};
