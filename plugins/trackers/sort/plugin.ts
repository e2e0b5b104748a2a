import { definePlugin, principalOptions } from 'mienlab/plugin';

export default definePlugin({
  kind: 'tracker',
  name: 'sort',
  version: '1.0.0',
  contract: 1,
  summary: 'SORT: Kalman prediction and optimal assignment by overlap.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'min-iou': {
        type: 'number',
        minimum: 0,
        maximum: 1,
        default: 0.3,
        description: 'Least overlap of a face with the predicted one, 0..1.',
      },
      'max-age': { type: 'integer', minimum: 0, default: 1, description: 'Sampled frames for which a face out of sight is waited for.' },
      'min-hits': {
        type: 'integer',
        minimum: 0,
        default: 3,
        description: 'Sampled frames in a row that must confirm a face before it is shown.',
      },
      ...principalOptions(),
    },
  },
  consumes: ['detections'],
  produces: () => ({ type: 'tracks', dims: { principal: 1 } }),
  deterministic: true,
  citation: 'Bewley, Ge, Ott, Ramos and Upcroft, Simple online and realtime tracking, ICIP 2016, arXiv:1602.00763.',
  licence: { code: 'Apache-2.0' },
  create: async (_context, config) => (await import('./sort.js')).sort(config),
});
