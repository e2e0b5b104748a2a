import { definePlugin } from 'mienlab/plugin';
import { none } from './none.js';

export default definePlugin({
  kind: 'tracker',
  name: 'none',
  version: '1.0.0',
  contract: 1,
  summary: 'Follows nobody: the run sees whole frames alone, without face tokens.',
  config: { type: 'object', additionalProperties: false, properties: {} },
  consumes: ['detections'],
  produces: () => ({ type: 'tracks', dims: { principal: 0 } }),
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: () => none,
});
