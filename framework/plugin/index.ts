export { defaultConfig } from './default-config.js';
export { definePlugin } from './define-plugin.js';
export { pluginKinds } from './plugin-kinds.js';
export { scoreEachClip } from './score-each-clip.js';
export { seededRandom } from './seeded-random.js';
