import { definePlugin } from 'mienlab/plugin';

export default definePlugin({
  kind: 'tracker',
  name: 'largest-face',
  version: '1.0.0',
  contract: 1,
  summary: 'Takes the largest face of each frame for the principal, frame by frame.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'min-size': { type: 'number', minimum: 0, default: 0, description: 'Least width and height of a face to take, pixels of the frame.' },
    },
  },
  consumes: ['detections'],
  produces: () => ({ type: 'tracks', dims: { principal: 1 } }),
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (_context, config) => (await import('./largest-face.js')).largestFace(config['min-size'] as number),
});
