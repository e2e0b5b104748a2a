import { definePlugin, principalOptions } from 'mienlab/plugin';

export default definePlugin({
  kind: 'tracker',
  name: 'annotations',
  version: '1.0.0',
  contract: 1,
  summary: 'The oracle: tracks from the dataset’s truth or from MOT files, whatever the detector found.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: { type: 'string', default: '', description: 'Folder of MOT files named after the clips; empty for the dataset’s own truth.' },
      'frame-rate': {
        type: 'number',
        exclusiveMinimum: 0,
        default: 25,
        description: 'Frames per second that the MOT files count in: frame n stands at (n - 1) / rate seconds.',
      },
      ...principalOptions('oracle'),
    },
  },
  consumes: ['detections'],
  produces: () => ({ type: 'tracks', dims: { principal: 1 } }),
  // What the files say is no part of the cache's keys.
  deterministic: false,
  licence: { code: 'Apache-2.0' },
  create: async (context, config) => (await import('./annotations.js')).annotations(context, config),
});
