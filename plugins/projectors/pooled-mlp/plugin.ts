import { definePlugin, embeddingsPort, visualStreams, type VisualStream, type VisualStreams } from 'mienlab/plugin';

/** The options as the schema below fills them in. */
export interface PooledMlpConfig {
  pool: 'concat' | 'mean';
  inner: number;
  'frame-tokens': number;
  'face-tokens': number;
  'frame-tokens-alone': number;
  'time-embedding': boolean;
}

/** Embeddings of an image at each time step. */
export function embeddingsOf(options: PooledMlpConfig, { faces }: VisualStreams): { frames: number; faces: number } {
  return { frames: options[faces ? 'frame-tokens' : 'frame-tokens-alone'], faces: options['face-tokens'] };
}

const tokens = { type: 'integer', minimum: 1, maximum: 64 };

export default definePlugin({
  kind: 'projector',
  name: 'pooled-mlp',
  version: '1.0.0',
  contract: 1,
  summary: 'Pools the patch tokens of every frame and face crop and projects them to a few embeddings by a two-layer MLP.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      pool: {
        type: 'string',
        enum: ['concat', 'mean'],
        default: 'concat',
        description:
          'How the patch tokens of one image are pooled: side by side, or their mean; side by side learns facial actions much faster.',
      },
      inner: { type: 'integer', minimum: 1, maximum: 4096, default: 128, description: "Width of the MLP's inner layer." },
      'frame-tokens': { ...tokens, default: 1, description: 'Embeddings of a frame at each time step.' },
      'face-tokens': { ...tokens, default: 1, description: 'Embeddings of a face crop at each time step.' },
      'frame-tokens-alone': { ...tokens, default: 2, description: 'Embeddings of a frame at each time step in a run without faces.' },
      'time-embedding': {
        type: 'boolean',
        default: true,
        description: 'A norm and a learned vector for each place in time on top, for LLM heads that give what is shown no positions.',
      },
    },
  },
  consumes: ['visual-tokens'],
  produces: (config, { 'visual-tokens': visual }) => {
    const streams = visualStreams('projector pooled-mlp', visual);
    const { frames, faces } = embeddingsOf(config as unknown as PooledMlpConfig, streams);
    const of = ({ time: steps }: VisualStream, tokens: number) => ({ steps, tokens });
    return embeddingsPort(streams, of(streams.frames, frames), streams.faces && of(streams.faces, faces));
  },
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (context, config, { ports }) => {
    const { pooledMlp } = await import('./pooled-mlp.js');
    return pooledMlp(
      context.random,
      config as unknown as PooledMlpConfig,
      visualStreams('projector pooled-mlp', ports.tokens),
      ports.hidden,
    );
  },
});
