import type { Tensor4D } from '@tensorflow/tfjs';
import type { Projector, Random } from 'mienlab/contracts';
import type { VisualStream, VisualStreams } from 'mienlab/plugin';
import { constantVariable, gelu, linear, normalVariable, streamProjector, tensorflow, type StreamPart } from 'mienlab/tensor';
import { embeddingsOf, type PooledMlpConfig } from './plugin.js';

/** For each time step the patch tokens of the frame, and of the crop, through an MLP and a norm each; what comes out is told its time and its stream by a learned embedding. */
export function pooledMlp(random: Random, config: PooledMlpConfig, streams: VisualStreams, hidden: number): Projector {
  const { frames, faces, order, separators } = streams;
  const tokens = embeddingsOf(config, streams);
  return streamProjector(
    random,
    {
      frames: part(random.fork('frames'), config, frames, { tokens: tokens.frames, hidden }),
      faces: faces && part(random.fork('faces'), config, faces, { tokens: tokens.faces, hidden }),
    },
    { hidden, order, separators, timeEmbedding: config['time-embedding'] },
  );
}

function part(
  random: Random,
  { pool, inner }: PooledMlpConfig,
  stream: VisualStream,
  { tokens, hidden }: { tokens: number; hidden: number },
): StreamPart {
  const pooled = pool === 'concat' ? stream.tokens * stream.width : stream.width;
  const up = normalVariable(random.fork('up'), [pooled, inner], 1 / Math.sqrt(pooled));
  const upBias = constantVariable([inner], 0);
  const down = normalVariable(random.fork('down'), [inner, tokens * hidden], 1 / Math.sqrt(inner));
  return {
    variables: { up, upBias, down },
    steps: stream.time,
    tokens,
    project(given: Tensor4D) {
      const tf = tensorflow();
      const [clips, time, patches, width] = given.shape;
      const images = clips * time;
      const flat = pool === 'concat' ? tf.reshape(given, [images, pooled]) : tf.mean(tf.reshape(given, [images, patches, width]), 1);
      return tf.reshape(linear(gelu(linear(flat, up, upBias)), down), [images * tokens, hidden]);
    },
  };
}
