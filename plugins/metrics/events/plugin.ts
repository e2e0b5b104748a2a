import { Fault } from 'mienlab/faults';
import { definePlugin } from 'mienlab/plugin';
import { Events } from './events.js';

export default definePlugin({
  kind: 'metric',
  name: 'events',
  version: '1.0.0',
  contract: 1,
  summary: "Share of a clip's parts whose sentence names what the principal does in them, by ground truth.",
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'min-overlap': {
        type: 'number',
        minimum: 0,
        maximum: 1,
        default: 0.1,
        description: 'Share of a part that an action must cover to count as done in it.',
      },
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['truth', 'grammar'],
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: (_context, config, { grammar }) => {
    if (!grammar)
      throw new Fault('PLUGIN_FAILED', 'metric "events" needs a dataset with an event grammar', { hint: 'leave the metric out' });
    return new Events(grammar, config['min-overlap'] as number);
  },
});
