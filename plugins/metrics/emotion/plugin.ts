import { definePlugin } from 'mienlab/plugin';
import { emotionOfCaption, emotionOfLabel, unweightedRecall } from './emotion.js';

export default definePlugin({
  kind: 'metric',
  name: 'emotion',
  version: '1.0.0',
  contract: 1,
  summary: 'Whether the caption names the emotion that the clip is labelled with: accuracy (WAR) and mean recall over classes (UAR).',
  config: { type: 'object', additionalProperties: false, properties: {} },
  consumes: ['captions'],
  produces: () => ({ type: 'scores', dims: {} }),
  needs: ['emotion'],
  deterministic: true,
  licence: { code: 'Apache-2.0' },
  create: () => ({
    score: async (clips) => {
      const classes = clips.map(({ clip }) => (clip.emotion === undefined ? null : emotionOfLabel(clip.emotion)));
      const labels = new Set(classes.filter((one) => one !== null));
      const right = clips.map(({ prediction }, i) => classes[i] !== null && emotionOfCaption(prediction, labels) === classes[i]);
      const values = classes.map((one, i) => (one === null ? null : Number(right[i])));
      const common = {
        values,
        higherIsBetter: true,
        caption: true,
        note: 'read off the caption by a list of emotion words; a caption that names none is wrong',
      };
      return [
        { ...common, name: 'emotion-war' },
        {
          ...common,
          name: 'emotion-uar',
          aggregate: (indices: readonly number[]) => {
            const known = indices.filter((index) => classes[index] !== null);
            return unweightedRecall(
              known.map((index) => classes[index]!),
              known.map((index) => right[index]!),
            );
          },
        },
      ];
    },
    dispose: () => {},
  }),
});
