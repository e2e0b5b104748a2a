import { definePlugin } from 'mienlab/plugin';

const count = (value: number, split: string) => ({
  type: 'integer',
  minimum: 0,
  maximum: 1_000_000,
  default: value,
  description: `Clips of the ${split} split.`,
});
const share = (value: number, description: string) => ({ type: 'number', minimum: 0, maximum: 1, default: value, description });
const actions = {
  neutral: 2.2,
  smile: 1,
  frown: 1,
  'open-mouth': 1,
  'raise-brows': 1,
  'lower-brows': 1,
  'close-eyes': 1,
  'look-left': 1,
  'look-right': 1,
  blink: 0,
  'look-surprised': 0,
};

export default definePlugin({
  kind: 'dataset',
  name: 'drawn-faces',
  version: '1.0.0',
  contract: 1,
  summary: 'Draws short videos of people whose faces act, with captions and exact ground truth.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      train: count(600, 'train'),
      validation: count(0, 'validation'),
      test: count(120, 'test'),
      people: {
        type: 'array',
        items: { type: 'number', minimum: 0 },
        minItems: 3,
        maxItems: 3,
        default: [0.25, 0.4, 0.35],
        description: 'Weights of clips with one, two and three people.',
      },
      'larger-distractor': share(
        0.26,
        'Share of all clips in which somebody with a larger face is about, at the edge or for a part of the time.',
      ),
      'distractor-actions': { type: 'boolean', default: true, description: 'Whether the others act too; else their faces are at rest.' },
      width: { type: 'integer', minimum: 64, maximum: 3840, multipleOf: 2, default: 240, description: 'Width of the video, pixels, even.' },
      height: {
        type: 'integer',
        minimum: 64,
        maximum: 2160,
        multipleOf: 2,
        default: 180,
        description: 'Height of the video, pixels, even; faces grow with it.',
      },
      'frame-rate': { type: 'number', minimum: 1, maximum: 60, default: 8, description: 'Frames per second.' },
      length: { type: 'number', minimum: 0.5, maximum: 60, default: 3, description: 'Length of a clip, seconds.' },
      actions: {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(Object.keys(actions).map((name) => [name, { type: 'number', minimum: 0 }])),
        required: Object.keys(actions),
        default: actions,
        description: 'Weights of the facial actions, one of which everybody does in each third of a clip.',
      },
      occlusion: share(0.25, "The largest share of the principal's face that may be hidden by somebody nearer, in any frame."),
      noise: { type: 'number', minimum: 0, maximum: 40, default: 3, description: 'Standard deviation of the noise, levels of 256.' },
      seed: {
        type: 'integer',
        minimum: 0,
        maximum: 0xffffffff,
        default: 1,
        description: "Seed of all that is drawn, apart from the run's seed.",
      },
      instruction: {
        type: 'string',
        minLength: 1,
        default: 'Describe the facial expressions of the main person.',
        description: 'What the model is asked of every clip.',
      },
    },
  },
  consumes: [],
  produces: () => ({ type: 'clips', dims: {} }),
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (context, config) => (await import('./drawn-faces.js')).drawnFaces(context, config),
});
