import { definePlugin } from 'mienlab/plugin';

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
  version: '1.0.0',
  contract: 1,
  summary: 'Follows every face over the clip, through gaps and crossings, and takes the one seen longest, largest and most central.',
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
      'presence-weight': number(1, 'How much it counts for the principal to be seen long: exponent of the share of frames with the face.'),
      'size-weight': number(2, 'How much it counts to be large: exponent of face size over frame height.'),
      'centre-weight': number(1, 'How much it counts to be in the middle: exponent of the Gaussian over the horizontal place.'),
      'centre-width': {
        type: 'number',
        exclusiveMinimum: 0,
        default: 0.35,
        description: 'Width of that Gaussian, exp(-((x - 0.5) / width)^2), in widths of the frame.',
      },
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
