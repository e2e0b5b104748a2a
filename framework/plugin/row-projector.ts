import type { PluginConfig, PluginManifest, Port, Random } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import type { RowLayer } from '../tensor/index.js';
import { definePlugin } from './define-plugin.js';
import { embeddingsPort, gridPooling, visualStreams, type GridPooling, type VisualStreams } from './visual-streams.js';

/** What tells one projector of single tokens from another. */
export interface RowProjectorForm {
  name: string;
  summary: string;
  citation: string;
  /** Makes what takes rows [row, width] to [row, hidden]; loaded when a projector is made. */
  layer: () => Promise<(random: Random, width: number, hidden: number) => RowLayer>;
}

/** The options as the schema below fills them in. */
interface RowProjectorConfig {
  'frame-tokens': number;
  'face-tokens': number;
  share: boolean;
  'time-embedding': boolean;
}

interface Layout {
  streams: VisualStreams;
  /** Null where all tokens of an image are kept. */
  pooling: { frames: GridPooling | null; faces: GridPooling | null };
}

const tokens = { type: 'integer', minimum: 0, maximum: 4096, default: 0 };

/** A projector plugin that takes every visual token by itself, or the mean of a cell of the image's grid. */
export function rowProjector({ name, summary, citation, layer }: RowProjectorForm): PluginManifest<'projector'> {
  function layoutOf(config: PluginConfig, port: Port | undefined): Layout {
    const options = config as unknown as RowProjectorConfig;
    const streams = visualStreams(`projector ${name}`, port);
    const { frames, faces } = streams;
    if (options.share && faces && faces.width !== frames.width) {
      throw new Fault('PORT_MISMATCH', `projector ${name}: frame tokens are ${frames.width} wide, face tokens ${faces.width}`, {
        key: 'projector.share',
        expected: 'one width, or share: false',
      });
    }
    const pooling = {
      frames: gridPooling(frames, options['frame-tokens'], 'projector.frame-tokens'),
      faces: faces && gridPooling(faces, options['face-tokens'], 'projector.face-tokens'),
    };
    return { streams, pooling };
  }

  return definePlugin({
    kind: 'projector',
    name,
    version: '1.0.0',
    contract: 1,
    summary,
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
      const { streams, pooling } = layoutOf(config, visual);
      const size = (kind: 'frames' | 'faces', { time, tokens }: { time: number; tokens: number }) => {
        const pool = pooling[kind];
        return { steps: time, tokens: pool ? pool.outRows * pool.outColumns : tokens };
      };
      return embeddingsPort(streams, size('frames', streams.frames), streams.faces && size('faces', streams.faces));
    },
    deterministic: true,
    citation,
    licence: { code: 'Apache-2.0' },
    create: async ({ random }, config, { ports }) => {
      const [{ patchPart, streamProjector }, make] = await Promise.all([import('../tensor/index.js'), layer()]);
      const { share, 'time-embedding': timeEmbedding } = config as unknown as RowProjectorConfig;
      const { streams, pooling } = layoutOf(config, ports.tokens);
      const { frames, faces, order, separators } = streams;
      const ofFrames = make(random.fork('frames'), frames.width, ports.hidden);
      const ofFaces = faces && (share ? ofFrames : make(random.fork('faces'), faces.width, ports.hidden));
      return streamProjector(
        random,
        { frames: patchPart(ofFrames, frames, pooling.frames), faces: faces && patchPart(ofFaces!, faces, pooling.faces) },
        { hidden: ports.hidden, order, separators, timeEmbedding },
      );
    },
  });
}
