import { definePlugin, principalOptions } from 'mienlab/plugin';

const share = (value: number, description: string) => ({ type: 'number', minimum: 0, maximum: 1, default: value, description });

export default definePlugin({
  kind: 'tracker',
  name: 'bytetrack',
  version: '1.0.0',
  contract: 1,
  summary: 'ByteTrack: Kalman prediction, faces of high score assigned first, those of low score to the tracks left over.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'high-score': share(0.5, 'Faces above this score are assigned first, 0..1.'),
      'low-score': share(0.1, 'Faces below this score are not used, 0..1.'),
      'new-score': share(0.6, 'Least score of a face that begins a track, 0..1.'),
      'max-cost': share(0.8, 'Faces of high score: greatest cost of a pair, 1 - overlap x score, 0..1.'),
      'max-age': { type: 'integer', minimum: 0, default: 30, description: 'Sampled frames for which a face out of sight is waited for.' },
      ...principalOptions(),
    },
  },
  consumes: ['detections'],
  produces: () => ({ type: 'tracks', dims: { principal: 1 } }),
  deterministic: true,
  citation: 'Zhang et al., ByteTrack: Multi-object tracking by associating every detection box, ECCV 2022, arXiv:2110.06864.',
  licence: { code: 'Apache-2.0' },
  create: async (_context, config) => (await import('./bytetrack.js')).bytetrack(config),
});
