import { definePlugin, readRecording } from 'mienlab/plugin';
import { Recorded } from './recorded.js';

export default definePlugin({
  kind: 'judge',
  name: 'recorded',
  version: '1.0.0',
  contract: 1,
  summary: 'Replays the answers of another judge, or of people, from a file; knows nothing else.',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['file'],
    properties: {
      file: { type: 'string', minLength: 1, description: 'JSON lines, as the option "record" of another judge writes them.' },
    },
  },
  consumes: ['captions'],
  produces: () => ({ type: 'judgements', dims: {} }),
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: async (context, config) => {
    const path = context.resolve(config['file'] as string);
    return new Recorded(path, await readRecording(path));
  },
});
