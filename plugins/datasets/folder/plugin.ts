import { definePlugin } from 'mienlab/plugin';

const share = (value: number, split: string) => ({
  type: 'number',
  minimum: 0,
  maximum: 1,
  default: value,
  description: `Share of the clips without a split of their own that go to ${split}; what is left goes to train.`,
});

export default definePlugin({
  kind: 'dataset',
  name: 'folder',
  version: '1.0.0',
  contract: 1,
  summary: "A user's own videos: those in a folder, or those that a dataset file lists with captions and instructions.",
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        description: 'A folder of videos (captions in text files of the same name), or a .json, .jsonl or .csv file that lists clips.',
      },
      root: {
        type: 'string',
        default: '',
        description: 'Folder from which the paths in a dataset file go; empty: the folder of that file.',
      },
      missing: {
        enum: ['fail', 'skip'],
        default: 'fail',
        description: 'What to do where listed videos are not there: fail and name them, or go on without them.',
      },
      'test-share': share(1, 'test'),
      'validation-share': share(0, 'validation'),
      seed: { type: 'integer', minimum: 0, maximum: 0xffffffff, default: 1, description: 'Decides which clips go to which split.' },
      instruction: {
        type: 'string',
        minLength: 1,
        default: 'Describe the facial expressions of the main person.',
        description: 'What the model is asked where a clip has no instruction of its own.',
      },
    },
    required: ['path'],
  },
  consumes: [],
  produces: () => ({ type: 'clips', dims: {} }),
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (context, config) => (await import('./folder.js')).folderDataset(context, config),
});
