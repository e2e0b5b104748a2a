import type { PluginConfig, Port } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { definePlugin, embeddingsPort, visualStreams, type VisualStream, type VisualStreams } from 'mienlab/plugin';

type Stride = readonly [time: number, height: number, width: number];

/** The options as the schema below fills them in. */
interface StcConfig {
  'frame-stride': Stride;
  'face-stride': Stride;
  remainder: 'refuse' | 'drop';
  depth: number;
  'mlp-depth': number;
  'time-embedding': boolean;
}

/** How a stream's blocks are cut and what is left of it. */
export interface StcSize {
  /** Images and their grid, as they come. */
  time: number;
  rows: number;
  columns: number;
  width: number;
  stride: Stride;
  /** Time steps, rows and columns after the convolution. */
  out: { time: number; rows: number; columns: number };
}

/** What the projector is built for. */
export interface StcPlan {
  frames: StcSize;
  faces: StcSize | null;
  streams: VisualStreams;
  depth: number;
  mlpDepth: number;
  timeEmbedding: boolean;
}

function sizeOf({ time, width, tokens, grid }: VisualStream, stride: Stride, remainder: StcConfig['remainder'], key: string): StcSize {
  if (!grid) {
    throw new Fault('PORT_MISMATCH', `projector stc: ${tokens} tokens of an image are no grid of patches`, {
      key: 'projector',
      expected: 'an encoder whose tokens are patches, rows times columns',
    });
  }
  const sides = { 'time steps': time, rows: grid.rows, columns: grid.columns };
  Object.entries(sides).forEach(([side, size], axis) => {
    const step = stride[axis]!;
    if (step > size || (remainder === 'refuse' && size % step !== 0)) {
      const hint = step > size ? undefined : 'or remainder: drop, which leaves out what is over at the end';
      throw new Fault('PORT_MISMATCH', `projector stc: a stride of ${step} does not fit ${size} ${side}`, {
        key,
        expected: step > size ? `at most ${size}` : `a divisor of ${size}`,
        hint,
      });
    }
  });
  const left = (size: number, axis: number) => Math.floor(size / stride[axis]!);
  return { time, width, ...grid, stride, out: { time: left(time, 0), rows: left(grid.rows, 1), columns: left(grid.columns, 2) } };
}

function planOf(config: PluginConfig, port: Port | undefined): StcPlan {
  const options = config as unknown as StcConfig;
  const streams = visualStreams('projector stc', port);
  const { remainder } = options;
  return {
    frames: sizeOf(streams.frames, options['frame-stride'], remainder, 'projector.frame-stride'),
    faces: streams.faces && sizeOf(streams.faces, options['face-stride'], remainder, 'projector.face-stride'),
    streams,
    depth: options.depth,
    mlpDepth: options['mlp-depth'],
    timeEmbedding: options['time-embedding'],
  };
}

const stride = { type: 'array', items: { type: 'integer', minimum: 1, maximum: 64 }, minItems: 3, maxItems: 3, default: [2, 2, 2] };

export default definePlugin({
  kind: 'projector',
  name: 'stc',
  version: '1.0.0',
  contract: 1,
  summary: 'Spatio-temporal convolution as in VideoLLaMA2: residual blocks, a convolution that shrinks time and space, blocks, an MLP.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'frame-stride': { ...stride, description: 'Time steps, rows and columns of frame patches that become one token.' },
      'face-stride': { ...stride, description: 'The same for face crops.' },
      remainder: {
        type: 'string',
        enum: ['refuse', 'drop'],
        default: 'refuse',
        description:
          'What a stride does that does not divide a size: it is refused, or leaves out the last patches, as VideoLLaMA2.1 does.',
      },
      depth: { type: 'integer', minimum: 0, maximum: 16, default: 4, description: 'Residual blocks before the convolution, and after it.' },
      'mlp-depth': { type: 'integer', minimum: 1, maximum: 8, default: 2, description: 'Linear layers at the end, GELU between them.' },
      'time-embedding': {
        type: 'boolean',
        default: false,
        description: 'A norm and a learned vector for each place in time on top, for LLM heads that give what is shown no positions.',
      },
    },
  },
  consumes: ['visual-tokens'],
  produces: (config, { 'visual-tokens': visual }) => {
    const { frames, faces, streams } = planOf(config, visual);
    const size = ({ out }: StcSize) => ({ steps: out.time, tokens: out.rows * out.columns });
    return embeddingsPort(streams, size(frames), faces && size(faces));
  },
  deterministic: true,
  citation:
    'Cheng et al., 2024, VideoLLaMA 2, section 2 and its STC connector v3.5; the blocks are those of RegNet-Y (Radosavovic et al., 2020)',
  licence: { code: 'Apache-2.0' },
  create: async (context, config, { ports }) => {
    const { stc } = await import('./stc.js');
    return stc(context.random, planOf(config, ports.tokens), ports.hidden);
  },
});
