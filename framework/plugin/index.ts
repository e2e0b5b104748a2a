export { defaultConfig } from './default-config.js';
export { definePlugin } from './define-plugin.js';
export { pluginKinds } from './plugin-kinds.js';
export { seededRandom } from './seeded-random.js';
