import type { PluginConfig, Port } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { definePlugin, embeddingsPort, visualStreams, type VisualStream, type VisualStreams } from 'mienlab/plugin';

/** The options as the schema below fills them in. */
interface ResamplerConfig {
  'frame-queries': number;
  'face-queries': number;
  over: 'step' | 'clip';
  depth: number;
  heads: number;
  'time-embedding': boolean;
}

/** What the projector is built for. */
export interface ResamplerPlan {
  streams: VisualStreams;
  queries: { frames: number; faces: number };
  over: ResamplerConfig['over'];
  depth: number;
  heads: number;
  timeEmbedding: boolean;
}

/** `hidden` is what the LLM head takes, where that is known. */
function planOf(config: PluginConfig, port: Port | undefined, hidden: number | null): ResamplerPlan {
  const options = config as unknown as ResamplerConfig;
  const { heads } = options;
  if (hidden !== null && hidden % heads !== 0) {
    throw new Fault('PORT_MISMATCH', `projector resampler: the LLM head's width of ${hidden} is not a multiple of heads ${heads}`, {
      key: 'projector.heads',
      expected: `a divisor of ${hidden}`,
    });
  }
  return {
    streams: visualStreams('projector resampler', port),
    queries: { frames: options['frame-queries'], faces: options['face-queries'] },
    over: options.over,
    depth: options.depth,
    heads,
    timeEmbedding: options['time-embedding'],
  };
}

const queries = { type: 'integer', minimum: 1, maximum: 4096 };

export default definePlugin({
  kind: 'projector',
  name: 'resampler',
  version: '1.0.0',
  contract: 1,
  summary: 'Learned queries look at the visual tokens and become the embeddings (Perceiver resampler).',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'frame-queries': {
        ...queries,
        default: 4,
        description: 'Queries that look at frames: their embeddings for each time step, or clip.',
      },
      'face-queries': { ...queries, default: 4, description: 'Queries that look at face crops, likewise.' },
      over: {
        type: 'string',
        enum: ['step', 'clip'],
        default: 'step',
        description:
          'step: the queries look at each time step by itself; clip: once at all of them, which takes the same number for any length.',
      },
      depth: { type: 'integer', minimum: 1, maximum: 24, default: 2, description: 'Layers, each of cross attention and an MLP.' },
      heads: { type: 'integer', minimum: 1, maximum: 128, default: 4, description: 'Attention heads; divides the LLM head’s width.' },
      'time-embedding': {
        type: 'boolean',
        default: false,
        description: 'A norm and a learned vector for each place in time on top, for LLM heads that give what is shown no positions.',
      },
    },
  },
  consumes: ['visual-tokens', 'llm-head'],
  produces: (config, { 'visual-tokens': visual, 'llm-head': head }) => {
    const { streams, queries, over } = planOf(config, visual, head?.dims['hidden'] ?? null);
    const size = ({ time }: VisualStream, tokens: number) => ({ steps: over === 'clip' ? 1 : time, tokens });
    return embeddingsPort(streams, size(streams.frames, queries.frames), streams.faces && size(streams.faces, queries.faces));
  },
  deterministic: true,
  citation: 'Alayrac et al., 2022, Flamingo, section 2.1 and appendix A.1.1 (the Perceiver resampler)',
  licence: { code: 'Apache-2.0' },
  create: async (context, config, { ports }) => {
    const { resampler } = await import('./resampler.js');
    return resampler(context.random, planOf(config, ports.tokens, ports.hidden), ports.hidden);
  },
});
