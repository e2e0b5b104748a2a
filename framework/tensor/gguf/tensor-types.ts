import type { BlockFormat } from '../checkpoint-file.js';
import { widenBf16, widenF16 } from '../widen-halves.js';
import { dequantiseIq4Nl, dequantiseQ40, dequantiseQ41, dequantiseQ50, dequantiseQ51, dequantiseQ80 } from './dequantise.js';
import { dequantiseQ2K, dequantiseQ3K, dequantiseQ4K, dequantiseQ5K, dequantiseQ6K } from './dequantise-k.js';

/** A row holds whole blocks. */
export interface TensorType extends BlockFormat {
  name: string;
}

/** The types that can be read, by ggml's number of them (enum ggml_type). */
export const tensorTypes: ReadonlyMap<number, TensorType> = new Map([
  [0, { name: 'F32', values: 1, bytes: 4 }],
  [1, { name: 'F16', values: 1, bytes: 2, widen: widenF16 }],
  [2, { name: 'Q4_0', values: 32, bytes: 18, widen: dequantiseQ40 }],
  [3, { name: 'Q4_1', values: 32, bytes: 20, widen: dequantiseQ41 }],
  [6, { name: 'Q5_0', values: 32, bytes: 22, widen: dequantiseQ50 }],
  [7, { name: 'Q5_1', values: 32, bytes: 24, widen: dequantiseQ51 }],
  [8, { name: 'Q8_0', values: 32, bytes: 34, widen: dequantiseQ80 }],
  [10, { name: 'Q2_K', values: 256, bytes: 84, widen: dequantiseQ2K }],
  [11, { name: 'Q3_K', values: 256, bytes: 110, widen: dequantiseQ3K }],
  [12, { name: 'Q4_K', values: 256, bytes: 144, widen: dequantiseQ4K }],
  [13, { name: 'Q5_K', values: 256, bytes: 176, widen: dequantiseQ5K }],
  [14, { name: 'Q6_K', values: 256, bytes: 210, widen: dequantiseQ6K }],
  [20, { name: 'IQ4_NL', values: 32, bytes: 18, widen: dequantiseIq4Nl }],
  [30, { name: 'BF16', values: 1, bytes: 2, widen: widenBf16 }],
]);

/** Names of the types that cannot be read, for the fault. */
export const otherTypes: ReadonlyMap<number, string> = new Map(
  'Q8_1 9, Q8_K 15, IQ2_XXS 16, IQ2_XS 17, IQ3_XXS 18, IQ1_S 19, IQ3_S 21, IQ2_S 22, IQ4_XS 23, I8 24, I16 25, I32 26, I64 27, F64 28, IQ1_M 29, TQ1_0 34, TQ2_0 35, MXFP4 39'
    .split(', ')
    .map((entry) => entry.split(' '))
    .map(([name, number]) => [Number(number), name!]),
);
