export { defaultConfig } from './default-config.js';
export { definePlugin } from './define-plugin.js';
export { Comparisons } from './golden/comparisons.js';
export { GoldenValues } from './golden/golden-values.js';
export { pluginKinds } from './plugin-kinds.js';
export { scoreEachClip } from './score-each-clip.js';
export { seededRandom } from './seeded-random.js';
export { visionEncoder } from './vision/vision-encoder-plugin.js';
export type { VisionFamily } from './vision/vision-family.js';
