import type { Tensor4D, Tensor5D } from '@tensorflow/tfjs';
import type { Encoder, HostArray, PluginManifest } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { definePlugin } from 'mienlab/plugin';
import { linear, normalVariable, poolGrid, tensorflow, tidy } from 'mienlab/tensor';

interface CellEncoderOptions {
  /** Pixels of the square images it wants, cells along a side, width of a token. */
  side: number;
  cells: number;
  width: number;
  /** trained: a linear layer over mean colours; frozen: the mean colours, `width` of 3; elsewhere: the same, computed by `extract`. */
  computes?: 'trained' | 'frozen' | 'elsewhere';
}

/** For tests: an encoder whose tokens are made of the mean colour of each cell of an image. */
export function cellEncoder(name: string, { side, cells, width, computes = 'trained' }: CellEncoderOptions): PluginManifest<'encoder'> {
  const size = { height: side, width: side };
  const pooling = { rows: side, columns: side, outRows: cells, outColumns: cells };
  return definePlugin({
    kind: 'encoder',
    name,
    version: '1.2.3',
    contract: 1,
    summary: 'Mean colours, for tests.',
    config: {
      type: 'object',
      additionalProperties: false,
      properties: { gain: { type: 'number', default: 1, description: 'Factor.' } },
    },
    consumes: ['frames', 'tracks'],
    input: () => ({ frame: size, face: size }),
    frozen: () => computes !== 'trained',
    produces: (config, { frames, tracks }) => {
      if (config['gain'] === 0) throw new Fault('PORT_MISMATCH', `encoder ${name}: no gain`, { key: 'encoder.gain' });
      const faces = tracks?.dims['principal'] ? cells * cells : 0;
      return { type: 'visual-tokens', dims: { time: frames!.dims['count']!, 'frame-tokens': cells * cells, 'face-tokens': faces, width } };
    },
    deterministic: true,
    licence: { code: 'Apache-2.0' },
    create: ({ random }): Encoder => {
      const weights = computes === 'trained' ? normalVariable(random.fork('weights'), [3, width], 0.5) : null;
      const colours = (images: Tensor5D): Tensor4D => {
        const tf = tensorflow();
        const [clips, time] = images.shape;
        const pixels = tf.reshape(tf.div(images, 255), [clips, time, side * side, 3]) as Tensor4D;
        const means = poolGrid(pixels, pooling);
        return weights ? (tf.reshape(linear(tf.reshape(means, [-1, 3]), weights), [clips, time, -1, width]) as Tensor4D) : means.clone();
      };
      const host = ({ data, shape }: HostArray): HostArray => {
        const means = tidy(() =>
          colours(tensorflow().tensor5d(Float32Array.from(data), shape as [number, number, number, number, number])),
        );
        const values = { data: means.dataSync() as Float32Array, shape: means.shape };
        means.dispose();
        return values;
      };
      return {
        variables: weights ? { weights } : {},
        encode: ({ frames, faces }) => {
          if (computes === 'elsewhere') throw new Error('it computes elsewhere');
          return tidy(() => ({ frames: colours(frames), faces: faces && colours(faces) }));
        },
        ...(computes === 'elsewhere' && {
          extract: ({ frames, faces }) => Promise.resolve({ frames: host(frames), faces: faces && host(faces) }),
        }),
        dispose: () => weights?.dispose(),
      };
    },
  });
}
