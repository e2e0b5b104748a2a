import type { Tensor } from '@tensorflow/tfjs';
import { kernels } from '../kernels/kernels.js';
import { tensorflow } from '../tensorflow.js';

const away = -1e9;

export interface CausalMaskShape {
  length: number;
  /** A token sees itself and window - 1 tokens before; null: all before. */
  window: number | null;
  /** How often the queries' rows stand one under the other (heads a key head serves). */
  group: number;
}

/**
 * What is added to attention's scores so that a token sees itself and what came before: 0 or at most -1e9, [batch or 1, 1, group * length,
 * length]. With `segments` (float32 [batch, length], whole numbers) it sees tokens of its own segment alone: an attention mask of 0 and 1
 * keeps padding out, running numbers keep packed samples apart.
 */
export function causalMask(segments: Tensor | null, { length, window, group }: CausalMaskShape): Tensor {
  const tf = tensorflow();
  const k = kernels();
  return tf.tidy(() => {
    const back = window ?? length;
    const values = Float32Array.from({ length: length * length }, (_, i) => {
      const behind = Math.floor(i / length) - (i % length);
      return behind >= 0 && behind < back ? 0 : away;
    });
    let mask: Tensor = tf.tensor4d(values, [1, 1, length, length]);
    if (segments) {
      const batch = segments.shape[0]!;
      const apart = k.sub(k.reshape(segments, [batch, 1, length, 1]), k.reshape(segments, [batch, 1, 1, length]));
      mask = k.add(mask, k.scale(k.square(apart), away));
    }
    return group === 1 ? mask : tf.tile(mask, [1, 1, group, 1]);
  });
}
