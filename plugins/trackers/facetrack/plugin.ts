import { definePlugin, principalOptions } from 'mienlab/plugin';

const number = (value: number, description: string, most?: number) => ({
  type: 'number',
  minimum: 0,
  ...(most === undefined ? {} : { maximum: most }),
  default: value,
  description,
});

export default definePlugin({
  kind: 'tracker',
  name: 'facetrack',
  version: '1.1.0',
  contract: 1,
  summary: 'Follows every face over the clip, through gaps, crossings and cuts back; the principal by a policy.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'iou-weight': number(
        0.5,
        'Share of the overlap in how well a face fits a track, 0..1; the rest is nearness and likeness of size.',
        1,
      ),
      'base-reach': number(0.5, "How far from its predicted place a face may lie, in the face's own sizes, however short the time."),
      'max-speed': number(1.5, 'What is added to that per second since the track was last seen, face sizes per second.'),
      'max-reach': number(2, 'The most that both together may be, face sizes.'),
      'max-growth': {
        type: 'number',
        exclusiveMinimum: 1,
        default: 1.8,
        description: 'The largest ratio of sizes (square root of area) between two sightings of one face.',
      },
      'max-age': number(2, 'Seconds for which a face that is out of sight is waited for.'),
      'max-missed': {
        type: 'integer',
        minimum: 0,
        default: 2,
        description: 'Sampled frames for which it is waited for at least, however much time lies between them.',
      },
      'return-age': number(60, 'Seconds for which a face that a cut took away may come back with another cut, to where it was.'),
      'return-overlap': number(0.5, 'Least overlap with its last box that it then must have, 0..1.', 1),
      'min-seen': { type: 'integer', minimum: 1, default: 1, description: 'Sampled frames in which a face must be seen to be a track.' },
      ...principalOptions(),
    },
  },
  consumes: ['detections'],
  produces: () => ({ type: 'tracks', dims: { principal: 1 } }),
  deterministic: true,
  citation:
    'After FaceTrack-MM in Zhao et al., Facial Dynamics in Video, AAAI 2026, arXiv:2501.07978; its method section was not at hand, the README names what is assumed.',
  licence: { code: 'Apache-2.0' },
  create: async (_context, config) => (await import('./facetrack.js')).facetrack(config),
});
