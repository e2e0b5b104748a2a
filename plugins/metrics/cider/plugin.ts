import { definePlugin } from 'mienlab/plugin';
import { tokenizeClips } from 'mienlab/text';
import { cider } from './cider.js';

export default definePlugin({
  kind: 'metric',
  name: 'cider',
  version: '1.0.0',
  contract: 1,
  summary: 'CIDEr as pycocoevalcap computes it: the CIDEr-D form, document frequencies from the evaluated references.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      n: { type: 'integer', minimum: 1, maximum: 8, default: 4, description: 'Longest n-grams counted, in tokens.' },
      sigma: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 6,
        description: 'Width of the Gaussian penalty on the difference of length, in bigrams.',
      },
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['references'],
  deterministic: true,
  citation: 'R. Vedantam, C. L. Zitnick, D. Parikh: CIDEr: Consensus-based image description evaluation. CVPR 2015.',
  licence: { code: 'Apache-2.0' },
  create: (_context, config) => {
    const [n, sigma] = [config['n'] as number, config['sigma'] as number];
    return {
      score: async (clips) => {
        const { candidates, references, spread } = tokenizeClips(clips);
        return [
          {
            name: 'cider',
            values: spread(cider(candidates, references, { n, sigma })),
            higherIsBetter: true,
            caption: true,
            note: 'the CIDEr-D form, as pycocoevalcap computes it; it falls steeply with a difference of length',
          },
        ];
      },
      dispose: () => {},
    };
  },
});
