import type { PluginConfig } from 'mienlab/contracts';
import { definePlugin } from 'mienlab/plugin';
import { Fault } from 'mienlab/faults';

/** The options as the schema below fills them in. */
export interface TinyVitConfig {
  'frame-height': number;
  'frame-width': number;
  'crop-size': number;
  patch: number;
  width: number;
  layers: number;
  heads: number;
}

function settings(config: PluginConfig): TinyVitConfig {
  const options = config as unknown as TinyVitConfig;
  for (const key of ['frame-height', 'frame-width', 'crop-size'] as const) {
    if (options[key] % options.patch !== 0) {
      throw new Fault('PORT_MISMATCH', `encoder tiny-vit: ${key} ${options[key]} is not a multiple of patch ${options.patch}`, {
        key: `encoder.${key}`,
        expected: `a multiple of ${options.patch}`,
      });
    }
  }
  if (options.width % options.heads !== 0) {
    throw new Fault('PORT_MISMATCH', `encoder tiny-vit: width ${options.width} is not a multiple of heads ${options.heads}`, {
      key: 'encoder.heads',
    });
  }
  return options;
}

const pixels = { type: 'integer', minimum: 4, maximum: 1024 };

export default definePlugin({
  kind: 'encoder',
  name: 'tiny-vit',
  version: '1.0.0',
  contract: 1,
  summary: 'Cuts frames and face crops into patches and turns each into a token; trained from scratch.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'frame-height': { ...pixels, default: 72, description: 'Height that frames are resized to, pixels; a multiple of patch.' },
      'frame-width': { ...pixels, default: 96, description: 'Width that frames are resized to, pixels; a multiple of patch.' },
      'crop-size': { ...pixels, default: 48, description: 'Height and width that face crops are resized to, pixels; a multiple of patch.' },
      patch: { type: 'integer', minimum: 1, maximum: 128, default: 12, description: 'Height and width of a patch, pixels.' },
      width: { type: 'integer', minimum: 1, maximum: 1024, default: 64, description: 'Width of a token.' },
      layers: {
        type: 'integer',
        minimum: 0,
        maximum: 24,
        default: 0,
        description: 'Attention layers over the patches of one image; on drawn faces none does as well as two.',
      },
      heads: { type: 'integer', minimum: 1, maximum: 64, default: 4, description: 'Attention heads in a layer; divides width.' },
    },
  },
  consumes: ['frames', 'tracks'],
  input: (config) => {
    const options = settings(config);
    return {
      frame: { height: options['frame-height'], width: options['frame-width'] },
      face: { height: options['crop-size'], width: options['crop-size'] },
    };
  },
  produces: (config, { frames, tracks }) => {
    const options = settings(config);
    const patches = (height: number, width: number) => (height / options.patch) * (width / options.patch);
    return {
      type: 'visual-tokens',
      dims: {
        time: frames?.dims['count'] ?? null,
        'frame-tokens': patches(options['frame-height'], options['frame-width']),
        'face-tokens': tracks?.dims['principal'] ? patches(options['crop-size'], options['crop-size']) : 0,
        width: options.width,
        'frame-rows': options['frame-height'] / options.patch,
      },
    };
  },
  deterministic: true,
  citation: 'Dosovitskiy et al., 2021, An Image is Worth 16x16 Words (the patch embedding)',
  licence: { code: 'Apache-2.0' },
  create: async (context, config, { ports }) => {
    const { TinyVit } = await import('./tiny-vit.js');
    return new TinyVit(context.random, settings(config), ports.faces !== null);
  },
});
