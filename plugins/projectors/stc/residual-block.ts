import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs';
import type { Random } from 'mienlab/contracts';
import { constantVariable, depthwiseConv, layerNorm, linear, normalVariable, silu, tensorflow } from 'mienlab/tensor';

/** Weights of a convolution without bias, and of the layer norm over channels behind it. */
interface NormedWeights {
  weights: Variable;
  gain: Variable;
  bias: Variable;
}

/** One block: 1 x 1, 3 x 3 by channel, squeeze and excitation, 1 x 1, and a 1 x 1 shortcut where the width changes. */
export interface ResidualBlock {
  reduce: NormedWeights;
  spatial: NormedWeights;
  squeeze: { down: Variable; downBias: Variable; up: Variable; upBias: Variable };
  expand: NormedWeights;
  shortcut?: NormedWeights;
}

/** As RegNet-Y's defaults: channels of the squeeze over those that come in. */
const squeezeRatio = 0.25;

export function residualBlock(random: Random, width: number, hidden: number): ResidualBlock {
  const normed = (name: string, shape: readonly [number, number], fan = shape[0]): NormedWeights => ({
    weights: normalVariable(random.fork(name), shape, 1 / Math.sqrt(fan)),
    gain: constantVariable([hidden], 1),
    bias: constantVariable([hidden], 0),
  });
  const squeezed = Math.max(1, Math.round(width * squeezeRatio));
  return {
    reduce: normed('reduce', [width, hidden]),
    spatial: normed('spatial', [9, hidden]),
    squeeze: {
      down: normalVariable(random.fork('squeeze.down'), [hidden, squeezed], 1 / Math.sqrt(hidden)),
      downBias: constantVariable([squeezed], 0),
      up: normalVariable(random.fork('squeeze.up'), [squeezed, hidden], 1 / Math.sqrt(squeezed)),
      upBias: constantVariable([hidden], 0),
    },
    expand: normed('expand', [hidden, hidden]),
    ...(width !== hidden && { shortcut: normed('shortcut', [width, hidden]) }),
  };
}

/**
 * The block over images whose patches lie row by row, [image * rows * columns, width] to [image * rows * columns, hidden]: RegNet-Y's
 * bottleneck (Radosavovic et al., 2020, section 5; timm's `Bottleneck` with a group for each channel), with SiLU, and layer norm in place of
 * batch norm as VideoLLaMA2 has it.
 */
export function applyBlock(
  x: Tensor,
  block: ResidualBlock,
  { images, rows, columns }: { images: number; rows: number; columns: number },
): Tensor {
  const tf = tensorflow();
  const hidden = block.expand.gain.shape[0]!;
  const patches = rows * columns;
  const reduced = silu(normed(x, block.reduce));
  const convolved = depthwiseConv(tf.reshape(reduced, [images, rows, columns, hidden]) as Tensor4D, block.spatial.weights);
  const spatial = silu(layerNorm(tf.reshape(convolved, [images * patches, hidden]), block.spatial.gain, block.spatial.bias));
  const { down, downBias, up, upBias } = block.squeeze;
  const byImage = tf.reshape(spatial, [images, patches, hidden]);
  const gate = tf.sigmoid(linear(silu(linear(tf.mean(byImage, 1), down, downBias)), up, upBias));
  const gated = tf.reshape(tf.mul(byImage, tf.reshape(gate, [images, 1, hidden])), [images * patches, hidden]);
  return silu(tf.add(normed(gated, block.expand), block.shortcut ? normed(x, block.shortcut) : x));
}

function normed(x: Tensor, { weights, gain, bias }: NormedWeights): Tensor {
  return layerNorm(linear(x, weights), gain, bias);
}
