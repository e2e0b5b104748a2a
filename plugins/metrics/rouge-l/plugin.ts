import { definePlugin } from 'mienlab/plugin';
import { rougeL, tokenizeClips } from 'mienlab/text';

export default definePlugin({
  kind: 'metric',
  name: 'rouge-l',
  version: '1.0.0',
  contract: 1,
  summary: 'ROUGE-L as pycocoevalcap computes it: longest common subsequence, recall weighed more than precision.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      beta: { type: 'number', exclusiveMinimum: 0, default: 1.2, description: 'Weight of recall against precision.' },
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['references'],
  deterministic: true,
  citation: 'C.-Y. Lin: ROUGE: A package for automatic evaluation of summaries. Text Summarization Branches Out, 2004.',
  licence: { code: 'Apache-2.0' },
  create: (_context, config) => ({
    score: async (clips) => {
      const { candidates, references, spread } = tokenizeClips(clips);
      const values = candidates.map((candidate, i) => rougeL(candidate, references[i]!, config['beta'] as number));
      const note = 'it hardly sees whether the right things happen: look at it beside its blind baselines only';
      return [{ name: 'rouge-l', values: spread(values), higherIsBetter: true, caption: true, note }];
    },
    dispose: () => {},
  }),
});
