export { defaultConfig } from './default-config.js';
export { definePlugin } from './define-plugin.js';
export { Comparisons } from './golden/comparisons.js';
export { GoldenValues } from './golden/golden-values.js';
export { type LanguageModel, type ModelAnswer, type ModelMessage } from './judging/language-model.js';
export { PromptJudge, promptJudgeOptions } from './judging/prompt-judge.js';
export { questionKey, readRecording, type Recording } from './judging/recording.js';
export { Slots } from './judging/slots.js';
export { pluginKinds } from './plugin-kinds.js';
export { sampleRandoms } from './sample-randoms.js';
export { scoreEachClip } from './score-each-clip.js';
export { seededRandom } from './seeded-random.js';
export { visionEncoder } from './vision/vision-encoder-plugin.js';
export type { VisionFamily } from './vision/vision-family.js';
export {
  embeddingsPort,
  gridPooling,
  visualStreams,
  type GridPooling,
  type ProjectedSize,
  type VisualStream,
  type VisualStreams,
} from './visual-streams.js';
export { withNested } from './with-nested.js';
