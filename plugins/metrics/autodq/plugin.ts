import { Fault } from 'mienlab/faults';
import { definePlugin } from 'mienlab/plugin';
import { AutoDq, emptyEventsChoices, type EmptyEvents } from './autodq.js';

export default definePlugin({
  kind: 'metric',
  name: 'autodq',
  version: '1.0.0',
  contract: 1,
  summary: 'AutoDQ: how many events of each caption the other one entails, by a judge; F1 of mean recall and mean precision.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      'empty-events': {
        type: 'string',
        enum: emptyEventsChoices,
        default: 'full-score',
        description: 'What a caption without events is worth: full-score (1.0, the original), zero, or leave-out (the clip has no value).',
      },
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['references', 'judge'],
  deterministic: true,
  citation:
    'J. Wang, L. Yuan, Y. Zhang, H. Sun: Tarsier: Recipes for training and evaluating large video description models. arXiv 2407.00634.',
  licence: { code: 'Apache-2.0' },
  create: (context, config, { judge }) => {
    if (!judge)
      throw new Fault('PLUGIN_FAILED', 'metric "autodq" needs a judge', { hint: 'choose one (judge=NAME), or leave the metric out' });
    return new AutoDq(context, judge, config['empty-events'] as EmptyEvents);
  },
});
