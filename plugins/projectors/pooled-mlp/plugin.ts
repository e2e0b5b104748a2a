import type { PluginConfig, Port } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { definePlugin } from 'mienlab/plugin';

/** The options as the schema below fills them in. */
export interface PooledMlpConfig {
  pool: 'concat' | 'mean';
  inner: number;
  'frame-tokens': number;
  'face-tokens': number;
  'frame-tokens-alone': number;
}

/** What the projector is built for. */
export interface PooledMlpSize {
  time: number;
  /** Patch tokens of an image, and tokens made of them for every time step. */
  frames: { patches: number; tokens: number };
  faces: { patches: number; tokens: number } | null;
  width: number;
}

function size(config: PluginConfig, tokens: Port | undefined): PooledMlpSize {
  const options = config as unknown as PooledMlpConfig;
  const { time, width, 'frame-tokens': frames, 'face-tokens': faces } = tokens?.dims ?? {};
  if (!time || !width || !frames || faces === null || faces === undefined) {
    throw new Fault('PORT_MISMATCH', 'projector pooled-mlp: the number of visual tokens is not known before the run', {
      key: 'projector',
      expected: 'visual-tokens {time, frame-tokens, face-tokens, width}, all of them numbers',
    });
  }
  return {
    time,
    width,
    frames: { patches: frames, tokens: faces ? options['frame-tokens'] : options['frame-tokens-alone'] },
    faces: faces ? { patches: faces, tokens: options['face-tokens'] } : null,
  };
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
    },
  },
  consumes: ['visual-tokens'],
  produces: (config, { 'visual-tokens': visual }) => {
    const { time, frames, faces } = size(config, visual);
    const face = time * (faces?.tokens ?? 0);
    return { type: 'embeddings', dims: { tokens: time * frames.tokens + face, 'face-tokens': face, hidden: null } };
  },
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (context, config, { ports }) => {
    const { PooledMlp } = await import('./pooled-mlp.js');
    return new PooledMlp(context.random, config as unknown as PooledMlpConfig, size(config, ports.tokens), ports.hidden);
  },
});
