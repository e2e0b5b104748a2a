import { Fault } from 'mienlab/faults';
import { definePlugin } from 'mienlab/plugin';
import { Rules } from './rules.js';

const version = '1.0.0';

export default definePlugin({
  kind: 'judge',
  name: 'rules',
  version,
  contract: 1,
  summary: "Judges captions by the dataset's own event grammar: offline, deterministic, no model.",
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'max-events': { type: 'integer', minimum: 1, default: 10, description: 'Most events taken from one caption, the first ones.' },
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'judgements', dims: {} }),
  needs: ['grammar'],
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: (_context, config, { grammar }) => {
    if (!grammar) {
      throw new Fault('PLUGIN_FAILED', 'judge "rules" needs a dataset with an event grammar', {
        hint: 'choose another judge (judge=NAME), or leave out the metrics that need one',
      });
    }
    return new Rules(grammar, version, config['max-events'] as number);
  },
});
