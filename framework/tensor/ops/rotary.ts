import type { Tensor } from '@tensorflow/tfjs';
import { differentiable } from '../differentiable.js';
import { kernels } from '../kernels/kernels.js';
import { tensorflow } from '../tensorflow.js';

/** Cosines and signed sines of each token's rotation, [row, 1, size] both. */
export interface RotaryTables {
  cos: Tensor;
  /** Negative in the first half, as the half that comes over is subtracted there. */
  sin: Tensor;
}

/**
 * Tables for tokens at `positions` (int32 [row]) and one frequency (radians a position) for each pair, size / 2 of them. All values are
 * multiplied by `scale`: for queries it may be attention's 1 / sqrt(size).
 */
export function rotaryTables(positions: Tensor, frequencies: Float32Array, scale = 1): RotaryTables {
  const tf = tensorflow();
  const k = kernels();
  const pairs = frequencies.length;
  return tf.tidy(() => {
    const both = Float32Array.from({ length: 2 * pairs }, (_, i) => frequencies[i % pairs]!);
    const signs = Float32Array.from({ length: 2 * pairs }, (_, i) => (i < pairs ? -scale : scale));
    const angles = k.mul(k.reshape(k.toFloat(positions), [positions.shape[0]!, 1, 1]), tf.tensor3d(both, [1, 1, 2 * pairs]));
    const cos = k.cos(angles);
    return { cos: scale === 1 ? cos : k.scale(cos, scale), sin: k.mul(k.sin(angles), tf.tensor3d(signs, [1, 1, 2 * pairs])) };
  });
}

/**
 * Rotary position embedding (Su et al., 2021, eq. 34) of heads side by side, x [row, heads * size]: element i of a head turns with element
 * i + size / 2, as transformers' rotate_half has it.
 */
export function rotary(x: Tensor, { cos, sin }: RotaryTables): Tensor {
  const k = kernels();
  const [rows, width] = x.shape as [number, number];
  const size = cos.shape[2]!;
  const heads = (tensor: Tensor) => k.reshape(tensor, [rows, width / size, size]);
  const flat = (tensor: Tensor) => k.reshape(tensor, [rows, width]);
  return differentiable<[Tensor, Tensor]>(
    { x },
    (save) => {
      save(cos, sin);
      const parts = heads(x);
      return flat(k.add(k.mul(parts, cos), k.mul(k.swapHalves(parts), sin)));
    },
    // To turn back: the sign table exchanged is its own negative.
    (dy, [cos, sin]) => ({
      x: () => {
        const parts = heads(dy);
        return flat(k.sub(k.mul(parts, cos), k.mul(k.swapHalves(parts), sin)));
      },
    }),
  );
}
