export { judgeConforms } from './judge-conforms.js';
export { manifestConforms } from './manifest-conforms.js';
export { metricConforms } from './metric-conforms.js';
export { sampleClips, sampleGrammar } from './sample-clips.js';
export { sourceFolder } from './source-folder.js';
export { testContext } from './test-context.js';
