import { definePlugin, principalOptions } from 'mienlab/plugin';

export default definePlugin({
  kind: 'tracker',
  name: 'iou',
  version: '1.0.0',
  contract: 1,
  summary: 'The IoU tracker: a face goes on where it overlaps itself, and ends where it does not.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'min-iou': {
        type: 'number',
        minimum: 0,
        maximum: 1,
        default: 0.5,
        description: 'Least overlap with the face of the frame before, 0..1.',
      },
      'min-score': { type: 'number', minimum: 0, maximum: 1, default: 0, description: 'Least score of a detection to be used, 0..1.' },
      'peak-score': { type: 'number', minimum: 0, maximum: 1, default: 0.5, description: 'A track must reach this score once, 0..1.' },
      'min-length': { type: 'integer', minimum: 1, default: 2, description: 'Sampled frames that a track must last.' },
      ...principalOptions(),
    },
  },
  consumes: ['detections'],
  produces: () => ({ type: 'tracks', dims: { principal: 1 } }),
  deterministic: true,
  citation: 'Bochinski, Eiselein and Sikora, High-speed tracking-by-detection without using image information, AVSS 2017.',
  licence: { code: 'Apache-2.0' },
  create: async (_context, config) => (await import('./iou.js')).iou(config),
});
