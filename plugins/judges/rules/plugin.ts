import { Fault } from 'mienlab/faults';
import { definePlugin } from 'mienlab/plugin';
import { GrammarRules, LexiconRules } from './rules.js';

const version = '1.1.0';

export default definePlugin({
  kind: 'judge',
  name: 'rules',
  version,
  contract: 1,
  summary: "Judges captions by the dataset's own event grammar, or by a lexicon of facial actions: offline, deterministic, no model.",
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      reading: {
        type: 'string',
        enum: ['auto', 'grammar', 'lexicon'],
        default: 'auto',
        description:
          "The dataset's event grammar, or the built-in lexicon for free English captions; auto: the grammar where there is one.",
      },
      'max-events': {
        type: 'integer',
        minimum: 1,
        default: 10,
        description: 'Most events taken from one caption: the first ones with a grammar, spread over the caption with the lexicon.',
      },
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'judgements', dims: {} }),
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: (_context, config, { grammar }) => {
    const { reading, 'max-events': maxEvents } = config as { reading: string; 'max-events': number };
    if (reading === 'lexicon' || (reading === 'auto' && !grammar)) return new LexiconRules(version, maxEvents);
    if (!grammar) {
      throw new Fault('PLUGIN_FAILED', 'judge "rules" was told to read by a grammar, and the dataset has no event grammar', {
        key: 'judge.reading',
        hint: 'set judge.reading=auto or lexicon',
      });
    }
    return new GrammarRules(grammar, version, maxEvents);
  },
});
