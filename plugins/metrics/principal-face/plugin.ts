import { definePlugin } from 'mienlab/plugin';

export default definePlugin({
  kind: 'metric',
  name: 'principal-face',
  version: '1.1.0',
  contract: 1,
  summary: "Share of frames showing the principal in which the run's principal face is the principal's.",
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      iou: {
        type: 'number',
        exclusiveMinimum: 0,
        maximum: 1,
        default: 0.3,
        description:
          "Least intersection over union of the run's box with the principal's true box, which must also be the nearest of all people's.",
      },
    },
  },
  consumes: ['tracks'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['truth', 'principal'],
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (_context, config) => (await import('./principal-face.js')).principalFace(config['iou'] as number),
});
