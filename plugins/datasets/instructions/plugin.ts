import type { Conversation, Split } from 'mienlab/contracts';
import { definePlugin } from 'mienlab/plugin';

/** The options as the schema below fills them in. */
export interface InstructionsConfig {
  path: string | string[];
  datasets: string[];
  root: string;
  weights: Record<string, number>;
  splits: Record<string, Split>;
  'split-by': string;
  'test-share': number;
  'validation-share': number;
  seed: number;
  learn: Conversation['learn'];
  instruction: string;
}

const share = (value: number, split: Split) => ({
  type: 'number',
  minimum: 0,
  maximum: 1,
  default: value,
  description: `Share of what has no split of its own that goes to ${split}; what is left goes to train.`,
});

export default definePlugin({
  kind: 'dataset',
  name: 'instructions',
  version: '1.0.0',
  contract: 1,
  summary: 'Chat-style samples about videos: sharegpt, alpaca, LLaVA, VideoLLaMA2, or captions, mixed by weight.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: {
        anyOf: [
          { type: 'string', minLength: 1 },
          { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
        ],
        description: 'A .json or .jsonl file of samples, a dataset_info.json or its folder; or several of them.',
      },
      datasets: {
        type: 'array',
        items: { type: 'string' },
        default: [],
        description: 'Names in dataset_info.json of what is used; empty: all of it.',
      },
      root: {
        type: 'string',
        default: '',
        description: 'Folder that paths of videos go from and stay in; empty: that of the file they stand in.',
      },
      weights: {
        type: 'object',
        additionalProperties: { type: 'number', minimum: 0.001, maximum: 1000 },
        default: {},
        description:
          'How often a part’s samples are drawn in an epoch, by its name: in dataset_info.json, or of its file without the ending.',
      },
      splits: {
        type: 'object',
        additionalProperties: { enum: ['train', 'validation', 'test'] },
        default: {},
        description: 'The split of a whole part, by its name.',
      },
      'split-by': {
        type: 'string',
        minLength: 1,
        default: 'video',
        description: 'What stays together when splits are drawn: video, folder, or a key of the entries, such as person or source.',
      },
      'test-share': share(0.1, 'test'),
      'validation-share': share(0, 'validation'),
      seed: { type: 'integer', minimum: 0, maximum: 0xffffffff, default: 1, description: 'Decides which group goes to which split.' },
      learn: {
        enum: ['all-answers', 'last-answer'],
        default: 'all-answers',
        description: 'Which answers of several turns are learnt; questions never are.',
      },
      instruction: {
        type: 'string',
        minLength: 1,
        default: 'Describe the facial expressions of the main person.',
        description: 'What is asked where an entry’s first question is empty.',
      },
    },
    required: ['path'],
  },
  consumes: [],
  produces: () => ({ type: 'clips', dims: {} }),
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (context, config, inputs) =>
    (await import('./instructions.js')).instructionsDataset(context, config as unknown as InstructionsConfig, inputs),
});
