import {
  dequantiseBf16,
  dequantiseF16,
  dequantiseIq4Nl,
  dequantiseQ40,
  dequantiseQ41,
  dequantiseQ50,
  dequantiseQ51,
} from './dequantise.js';
import { dequantiseQ80, type Dequantise } from './dequantise.js';
import { dequantiseQ2K, dequantiseQ3K, dequantiseQ4K, dequantiseQ5K, dequantiseQ6K } from './dequantise-k.js';

export interface TensorType {
  name: string;
  /** Values a block; a row holds whole blocks. */
  values: number;
  /** Bytes a block. */
  bytes: number;
  /** Left out for float32, which is taken as it is. */
  dequantise?: Dequantise;
}

/** The types that can be read, by ggml's number of them (enum ggml_type). */
export const tensorTypes: ReadonlyMap<number, TensorType> = new Map([
  [0, { name: 'F32', values: 1, bytes: 4 }],
  [1, { name: 'F16', values: 1, bytes: 2, dequantise: dequantiseF16 }],
  [2, { name: 'Q4_0', values: 32, bytes: 18, dequantise: dequantiseQ40 }],
  [3, { name: 'Q4_1', values: 32, bytes: 20, dequantise: dequantiseQ41 }],
  [6, { name: 'Q5_0', values: 32, bytes: 22, dequantise: dequantiseQ50 }],
  [7, { name: 'Q5_1', values: 32, bytes: 24, dequantise: dequantiseQ51 }],
  [8, { name: 'Q8_0', values: 32, bytes: 34, dequantise: dequantiseQ80 }],
  [10, { name: 'Q2_K', values: 256, bytes: 84, dequantise: dequantiseQ2K }],
  [11, { name: 'Q3_K', values: 256, bytes: 110, dequantise: dequantiseQ3K }],
  [12, { name: 'Q4_K', values: 256, bytes: 144, dequantise: dequantiseQ4K }],
  [13, { name: 'Q5_K', values: 256, bytes: 176, dequantise: dequantiseQ5K }],
  [14, { name: 'Q6_K', values: 256, bytes: 210, dequantise: dequantiseQ6K }],
  [20, { name: 'IQ4_NL', values: 32, bytes: 18, dequantise: dequantiseIq4Nl }],
  [30, { name: 'BF16', values: 1, bytes: 2, dequantise: dequantiseBf16 }],
]);

/** Names of the types that cannot be read, for the fault. */
export const otherTypes: Readonly<Record<number, string>> = {
  ...{
    9: 'Q8_1',
    15: 'Q8_K',
    16: 'IQ2_XXS',
    17: 'IQ2_XS',
    18: 'IQ3_XXS',
    19: 'IQ1_S',
    21: 'IQ3_S',
    22: 'IQ2_S',
    23: 'IQ4_XS',
    24: 'I8',
    25: 'I16',
  },
  ...{ 26: 'I32', 27: 'I64', 28: 'F64', 29: 'IQ1_M', 34: 'TQ1_0', 35: 'TQ2_0', 39: 'MXFP4' },
};
