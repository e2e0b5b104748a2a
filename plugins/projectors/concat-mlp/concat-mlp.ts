import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { Projector, Random } from 'mienlab/contracts';
import type { GridPooling, VisualStream } from 'mienlab/plugin';
import { constantVariable, gelu, linear, normalVariable, streamProjector, tensorflow, type StreamPart } from 'mienlab/tensor';
import type { ConcatMlpPlan } from './plugin.js';

/** The tokens of each part of an image side by side, through an MLP that the parts of one kind share. */
export function concatMlp(random: Random, { streams, parts, inner, timeEmbedding }: ConcatMlpPlan, hidden: number): Projector {
  const { frames, faces, order, separators } = streams;
  return streamProjector(
    random,
    {
      frames: streamPart(random.fork('frames'), frames, parts.frames, { inner, hidden }),
      faces: faces && streamPart(random.fork('faces'), faces, parts.faces!, { inner, hidden }),
    },
    { hidden, order, separators, timeEmbedding },
  );
}

function streamPart(
  random: Random,
  stream: VisualStream,
  cut: GridPooling,
  { inner, hidden }: { inner: number; hidden: number },
): StreamPart {
  const tokens = cut.outRows * cut.outColumns;
  const size = (stream.tokens / tokens) * stream.width;
  const up = normalVariable(random.fork('up'), [size, inner], 1 / Math.sqrt(size));
  const upBias = constantVariable([inner], 0);
  const down = normalVariable(random.fork('down'), [inner, hidden], 1 / Math.sqrt(inner));
  const downBias = constantVariable([hidden], 0);
  return {
    variables: { up, upBias, down, downBias },
    steps: stream.time,
    tokens,
    project: (given) => linear(gelu(linear(sideBySide(given, cut), up, upBias)), down, downBias),
  };
}

/** [clip, time, rows * columns, width] to [clip * time * part, tokens of a part * width]: parts in reading order, and tokens within each. */
function sideBySide(tokens: Tensor4D, { rows, columns, outRows, outColumns }: GridPooling): Tensor {
  const tf = tensorflow();
  const [clips, time, patches, width] = tokens.shape;
  const images = clips * time;
  const size = (patches / outRows / outColumns) * width;
  if (outColumns === 1) return tf.reshape(tokens, [images * outRows, size]);
  const cut = tf.reshape(tokens, [images * outRows, rows / outRows, outColumns, (columns / outColumns) * width]);
  return tf.reshape(tf.transpose(cut, [0, 2, 1, 3]), [images * outRows * outColumns, size]);
}
