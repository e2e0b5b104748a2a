import { Fault } from 'mienlab/faults';
import { definePlugin } from 'mienlab/plugin';
import { VideoChatGpt } from './video-chatgpt.js';

export default definePlugin({
  kind: 'metric',
  name: 'video-chatgpt',
  version: '1.0.0',
  contract: 1,
  summary: "Video-ChatGPT's four ratings by a judge: correctness, detail, context and temporal order, 0..5.",
  config: { type: 'object', additionalProperties: false, properties: {} },
  consumes: ['captions'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['references', 'judge', 'ratings'],
  deterministic: true,
  citation:
    'M. Maaz, H. Rasheed, S. Khan, F. S. Khan: Video-ChatGPT: Towards detailed video understanding via large vision and language models. arXiv 2306.05424.',
  licence: { code: 'Apache-2.0' },
  create: (context, _config, { judge }) => {
    if (!judge?.rate) {
      throw new Fault('PLUGIN_FAILED', `metric "video-chatgpt" needs a judge that rates${judge ? `, "${judge.id}" does not` : ''}`, {
        hint: 'choose one (judge=NAME), or leave the metric out',
      });
    }
    return new VideoChatGpt(context, judge);
  },
});
