import { Fault } from 'mienlab/faults';
import { definePlugin } from 'mienlab/plugin';
import { Tem } from './tem.js';

export default definePlugin({
  kind: 'metric',
  name: 'tem',
  version: '1.0.0',
  contract: 1,
  summary: 'TEM-reconstruction: events of both captions that match in the same order, by a judge; not comparable to published TEM.',
  config: { type: 'object', additionalProperties: false, properties: {} },
  consumes: ['captions'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['references', 'judge'],
  deterministic: true,
  citation: 'Reconstructed from the abstract of arXiv 2501.07978 (FaceTrack-MM, DFEC, TEM); the original procedure is not published.',
  licence: { code: 'Apache-2.0' },
  create: (context, _config, { judge }) => {
    if (!judge)
      throw new Fault('PLUGIN_FAILED', 'metric "tem" needs a judge', { hint: 'choose one (judge=NAME), or leave the metric out' });
    return new Tem(context, judge);
  },
});
