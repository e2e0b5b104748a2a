import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs';
import type { Projector, Random, Variables } from 'mienlab/contracts';
import { constantVariable, gelu, linear, normalVariable, silu, streamProjector, tensorflow, type StreamPart } from 'mienlab/tensor';
import type { StcPlan, StcSize } from './plugin.js';
import { applyBlock, residualBlock, type ResidualBlock } from './residual-block.js';

/** VideoLLaMA2's connector for frames, and one of its own for faces. */
export function stc(random: Random, plan: StcPlan, hidden: number): Projector {
  const { frames, faces, streams, depth, mlpDepth, timeEmbedding } = plan;
  const layers = { depth, mlpDepth, hidden };
  return streamProjector(
    random,
    { frames: connector(random.fork('frames'), frames, layers), faces: faces && connector(random.fork('faces'), faces, layers) },
    { hidden, order: streams.order, separators: streams.separators, timeEmbedding },
  );
}

function connector(
  random: Random,
  size: StcSize,
  { depth, mlpDepth, hidden }: { depth: number; mlpDepth: number; hidden: number },
): StreamPart {
  const { stride, out } = size;
  const blocks = (name: string, width: number) =>
    Array.from({ length: depth }, (_, i) => residualBlock(random.fork(`${name}.${i}`), i ? hidden : width, hidden));
  const before = blocks('before', size.width);
  // Without blocks the convolution is the first to see the tokens' own width.
  const width = depth ? hidden : size.width;
  const volume = stride[0] * stride[1] * stride[2] * width;
  const shrink = normalVariable(random.fork('shrink'), [volume, hidden], 1 / Math.sqrt(volume));
  const shrinkBias = constantVariable([hidden], 0);
  const after = blocks('after', hidden);
  const readout = Array.from({ length: mlpDepth }, (_, i) => ({
    weights: normalVariable(random.fork(`readout.${i}`), [hidden, hidden], 1 / Math.sqrt(hidden)),
    bias: constantVariable([hidden], 0),
  }));
  return {
    variables: {
      ...namedBlocks('before', before),
      shrink,
      shrinkBias,
      ...namedBlocks('after', after),
      ...Object.fromEntries(
        readout.flatMap(({ weights, bias }, i) => [
          [`readout.${i}.weights`, weights],
          [`readout.${i}.bias`, bias],
        ]),
      ),
    },
    steps: out.time,
    tokens: out.rows * out.columns,
    project(tokens: Tensor4D) {
      const clips = tokens.shape[0];
      const { time, rows, columns } = size;
      const flat: Tensor = tensorflow().reshape(tokens, [-1, size.width]);
      const seen = before.reduce((x, block) => applyBlock(x, block, { images: clips * time, rows, columns }), flat);
      const shrunk = silu(linear(volumes(seen, clips, size), shrink, shrinkBias));
      const images = clips * out.time;
      const again = after.reduce((x, block) => applyBlock(x, block, { images, rows: out.rows, columns: out.columns }), shrunk);
      return readout.reduce((x, { weights, bias }, i) => linear(i ? gelu(x) : x, weights, bias), again);
    },
  };
}

/**
 * Cuts [clip * time * rows * columns, width] into volumes of the stride's size, [clip * out.time * out.rows * out.columns, volume * width],
 * within a volume by time, row, column: a convolution whose stride is its kernel is then one product, which every backend can derive.
 */
function volumes(x: Tensor, clips: number, { time, rows, columns, stride: [t, h, w], out }: StcSize): Tensor {
  const tf = tensorflow();
  const width = x.shape[1]!;
  const used = [clips, out.time * t, out.rows * h, out.columns * w, width];
  const whole = tf.reshape(x, [clips, time, rows, columns, width]);
  const kept = time * rows * columns === used[1]! * used[2]! * used[3]! ? whole : tf.slice(whole, [0, 0, 0, 0, 0], used);
  const byRow = tf.transpose(tf.reshape(kept, [clips * out.time * t * out.rows, h, out.columns, w * width]), [0, 2, 1, 3]);
  const images = tf.reshape(byRow, [clips * out.time, t, out.rows * out.columns, h * w * width]);
  return tf.reshape(tf.transpose(images, [0, 2, 1, 3]), [clips * out.time * out.rows * out.columns, t * h * w * width]);
}

function namedBlocks(prefix: string, blocks: readonly ResidualBlock[]): Variables {
  return Object.fromEntries(
    blocks.flatMap((block, i) =>
      Object.entries(block).flatMap(([layer, weights]) =>
        Object.entries(weights as Record<string, Variable>).map(([name, variable]) => [`${prefix}.${i}.${layer}.${name}`, variable]),
      ),
    ),
  );
}
