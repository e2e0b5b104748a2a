import { definePlugin, faceLimitProperties, faceLimits } from 'mienlab/plugin';

const rate = (description: string, most?: number) => ({
  type: 'number',
  minimum: 0,
  ...(most !== undefined && { maximum: most }),
  default: 0,
  description,
});

export default definePlugin({
  kind: 'detector',
  name: 'annotations',
  version: '1.0.0',
  contract: 1,
  summary: "Gives the annotated faces, of the dataset's truth or of files, with as much noise, misses and false faces as wanted.",
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: {
        type: 'string',
        default: '',
        description:
          "A MOT or JSON file, or a folder with CLIP.txt or CLIP.json for every clip, boxes in pixels of the frames; empty for the dataset's truth.",
      },
      'frame-rate': { type: 'number', exclusiveMinimum: 0, default: 25, description: 'Frames per second that the files count in.' },
      noise: rate("Standard deviation of a box's middle and (as a factor) of its size, in its sides.", 1),
      'drop-rate': rate('Share of the faces that are missed.', 1),
      'false-rate': rate('False faces in a frame, in the mean.'),
      seed: { type: 'integer', minimum: 0, default: 0, description: 'Of what is missed, moved and made up.' },
      ...faceLimitProperties(0, 0, 1),
    },
  },
  consumes: ['frames'],
  produces: () => ({ type: 'detections', dims: {} }),
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (context, config) => {
    const { Annotations } = await import('./annotations.js');
    return new Annotations(context, {
      ...faceLimits(config),
      path: config['path'] as string,
      frameRate: config['frame-rate'] as number,
      noise: config['noise'] as number,
      dropRate: config['drop-rate'] as number,
      falseRate: config['false-rate'] as number,
      seed: config['seed'] as number,
    });
  },
});
