import type { PluginConfig, Port } from 'mienlab/contracts';
import {
  definePlugin,
  embeddingsPort,
  gridPooling,
  visualStreams,
  type GridPooling,
  type VisualStream,
  type VisualStreams,
} from 'mienlab/plugin';

/** The options as the schema below fills them in. */
interface ConcatMlpConfig {
  'frame-tokens': number;
  'face-tokens': number;
  inner: number;
  'time-embedding': boolean;
}

/** What the projector is built for. */
export interface ConcatMlpPlan {
  streams: VisualStreams;
  /** How the tokens of an image are cut into parts. */
  parts: { frames: GridPooling; faces: GridPooling | null };
  inner: number;
  timeEmbedding: boolean;
}

/** Where every token is a part by itself there is nothing to cut. */
function partsOf(stream: VisualStream, count: number, key: string): GridPooling {
  const { rows, columns } = stream.grid ?? { rows: stream.tokens, columns: 1 };
  return gridPooling(stream, count, key) ?? { rows, columns, outRows: rows, outColumns: columns };
}

function planOf(config: PluginConfig, port: Port | undefined): ConcatMlpPlan {
  const options = config as unknown as ConcatMlpConfig;
  const streams = visualStreams('projector concat-mlp', port);
  return {
    streams,
    parts: {
      frames: partsOf(streams.frames, options['frame-tokens'], 'projector.frame-tokens'),
      faces: streams.faces && partsOf(streams.faces, options['face-tokens'], 'projector.face-tokens'),
    },
    inner: options.inner,
    timeEmbedding: options['time-embedding'],
  };
}

const tokens = { type: 'integer', minimum: 1, maximum: 4096, default: 1 };

export default definePlugin({
  kind: 'projector',
  name: 'concat-mlp',
  version: '1.0.0',
  contract: 1,
  summary:
    'Cuts every frame and face crop into parts and projects the tokens of a part, side by side, to one embedding by a two-layer MLP.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'frame-tokens': {
        ...tokens,
        description: 'Embeddings of a frame, and equal parts that its tokens are cut into; 1: all side by side.',
      },
      'face-tokens': { ...tokens, description: 'Embeddings of a face crop, likewise.' },
      inner: { type: 'integer', minimum: 1, maximum: 16384, default: 128, description: "Width of the MLP's inner layer." },
      'time-embedding': {
        type: 'boolean',
        default: true,
        description: 'A norm and a learned vector for each place in time on top, for LLM heads that give what is shown no positions.',
      },
    },
  },
  consumes: ['visual-tokens'],
  produces: (config, { 'visual-tokens': visual }) => {
    const { streams, parts } = planOf(config, visual);
    const size = ({ time }: VisualStream, { outRows, outColumns }: GridPooling) => ({ steps: time, tokens: outRows * outColumns });
    return embeddingsPort(streams, size(streams.frames, parts.frames), streams.faces && parts.faces && size(streams.faces, parts.faces));
  },
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (context, config, { ports }) => {
    const { concatMlp } = await import('./concat-mlp.js');
    return concatMlp(context.random, planOf(config, ports.tokens), ports.hidden);
  },
});
