import { definePlugin } from 'mienlab/plugin';
import { ptbTokenize, readCaptionFile, referencesPath, tokenizeClips } from 'mienlab/text';
import { cider, documentFrequencies } from './cider.js';

export default definePlugin({
  kind: 'metric',
  name: 'cider',
  version: '1.1.0',
  contract: 1,
  summary: 'CIDEr as pycocoevalcap computes it: the CIDEr-D form, document frequencies from the evaluated references or a set’s.',
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
      df: {
        type: 'string',
        minLength: 1,
        default: 'evaluated',
        description:
          'Where document frequencies come from: evaluated (the references under evaluation, as pycocoevalcap does), fec-bench, or a file of references.',
      },
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['references'],
  deterministic: true,
  citation: 'R. Vedantam, C. L. Zitnick, D. Parikh: CIDEr: Consensus-based image description evaluation. CVPR 2015.',
  licence: { code: 'Apache-2.0' },
  create: ({ resolve }, config) => {
    const [n, sigma, df] = [config['n'] as number, config['sigma'] as number, config['df'] as string];
    const frequencies =
      df === 'evaluated'
        ? undefined
        : documentFrequencies(
            readCaptionFile(referencesPath(df, resolve)).map(({ captions }) => captions.map(ptbTokenize)),
            n,
          );
    const from = frequencies
      ? `document frequencies from ${df}, ${frequencies.videos} videos`
      : 'document frequencies from the evaluated references';
    return {
      score: async (clips) => {
        const { candidates, references, spread } = tokenizeClips(clips);
        return [
          {
            name: 'cider',
            values: spread(cider(candidates, references, { n, sigma, frequencies })),
            higherIsBetter: true,
            caption: true,
            note: `the CIDEr-D form, as pycocoevalcap computes it, ${from}; it falls steeply with a difference of length`,
          },
        ];
      },
      dispose: () => {},
    };
  },
});
