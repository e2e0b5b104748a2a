import { definePlugin } from 'mienlab/plugin';
import { tokenizeClips } from 'mienlab/text';
import { bleu, bleuCounter, corpusBleu } from './bleu.js';

export default definePlugin({
  kind: 'metric',
  name: 'bleu',
  version: '1.0.0',
  contract: 1,
  summary: 'BLEU-1 to BLEU-n as pycocoevalcap computes them (option closest), the corpus value from summed counts.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      n: {
        type: 'integer',
        minimum: 1,
        maximum: 8,
        default: 4,
        description: 'Longest n-grams counted; one score for each order up to it.',
      },
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['references'],
  deterministic: true,
  citation: 'K. Papineni, S. Roukos, T. Ward, W.-J. Zhu: BLEU: a method for automatic evaluation of machine translation. ACL 2002.',
  licence: { code: 'Apache-2.0' },
  create: (_context, config) => {
    const n = config['n'] as number;
    return {
      score: async (clips) => {
        const { candidates, references, spread, indices } = tokenizeClips(clips);
        const count = bleuCounter(n);
        const counts = candidates.map((candidate, i) => count(candidate, references[i]!));
        const each = counts.map((one) => bleu([one], n));
        const corpus = corpusBleu(counts, indices, clips.length, n);
        return Array.from({ length: n }, (_, order) => ({
          name: `bleu-${order + 1}`,
          values: spread(each.map((values) => values[order]!)),
          aggregate: (chosen: readonly number[]) => corpus(chosen)[order]!,
          higherIsBetter: true,
          caption: true,
          // BLEU is quoted by its longest n-grams.
          detail: order + 1 < n,
        }));
      },
      dispose: () => {},
    };
  },
});
