import type { PluginConfig, Port } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { definePlugin, embeddingsPort, gridPooling, visualStreams, type GridPooling, type VisualStreams } from 'mienlab/plugin';

/** The options as the schema below fills them in. */
interface Mlp2xGeluConfig {
  'frame-tokens': number;
  'face-tokens': number;
  share: boolean;
  'time-embedding': boolean;
}

/** What the projector is built for. */
export interface Mlp2xGeluPlan {
  streams: VisualStreams;
  /** Null where all tokens of an image are kept. */
  pooling: { frames: GridPooling | null; faces: GridPooling | null };
  share: boolean;
  timeEmbedding: boolean;
}

function planOf(config: PluginConfig, port: Port | undefined): Mlp2xGeluPlan {
  const options = config as unknown as Mlp2xGeluConfig;
  const streams = visualStreams('projector mlp2x-gelu', port);
  const { frames, faces } = streams;
  if (options.share && faces && faces.width !== frames.width) {
    throw new Fault('PORT_MISMATCH', `projector mlp2x-gelu: frame tokens are ${frames.width} wide, face tokens ${faces.width}`, {
      key: 'projector.share',
      expected: 'one width, or share: false',
    });
  }
  return {
    streams,
    pooling: {
      frames: gridPooling(frames, options['frame-tokens'], 'projector.frame-tokens'),
      faces: faces && gridPooling(faces, options['face-tokens'], 'projector.face-tokens'),
    },
    share: options.share,
    timeEmbedding: options['time-embedding'],
  };
}

const tokens = { type: 'integer', minimum: 0, maximum: 4096, default: 0 };

export default definePlugin({
  kind: 'projector',
  name: 'mlp2x-gelu',
  version: '1.0.0',
  contract: 1,
  summary: 'Projects every visual token by itself with two linear layers and GELU between them, as LLaVA-1.5 does.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'frame-tokens': { ...tokens, description: 'Embeddings of a frame, its tokens averaged over cells of their grid; 0: one a token.' },
      'face-tokens': { ...tokens, description: 'Embeddings of a face crop, likewise.' },
      share: { type: 'boolean', default: false, description: 'Faces go through the same weights as frames.' },
      'time-embedding': {
        type: 'boolean',
        default: false,
        description: 'A norm and a learned vector for each place in time on top, for LLM heads that give what is shown no positions.',
      },
    },
  },
  consumes: ['visual-tokens'],
  produces: (config, { 'visual-tokens': visual }) => {
    const { streams, pooling } = planOf(config, visual);
    const size = (kind: 'frames' | 'faces', { time, tokens }: { time: number; tokens: number }) => {
      const pool = pooling[kind];
      return { steps: time, tokens: pool ? pool.outRows * pool.outColumns : tokens };
    };
    return embeddingsPort(streams, size('frames', streams.frames), streams.faces && size('faces', streams.faces));
  },
  deterministic: true,
  citation: 'Liu et al., 2024, Improved Baselines with Visual Instruction Tuning (LLaVA-1.5)',
  licence: { code: 'Apache-2.0' },
  create: async (context, config, { ports }) => {
    const { mlp2xGelu } = await import('./mlp2x-gelu.js');
    return mlp2xGelu(context.random, planOf(config, ports.tokens), ports.hidden);
  },
});
