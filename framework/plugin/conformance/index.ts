export { detectorConforms, type DetectorCheck } from './detector-conforms.js';
export { judgeConforms } from './judge-conforms.js';
export { manifestConforms } from './manifest-conforms.js';
export { metricConforms } from './metric-conforms.js';
export { sampleClips, sampleGrammar } from './sample-clips.js';
export { sourceFolder } from './source-folder.js';
export { testBackend } from '../../tensor/test-backend.js';
export { testContext } from './test-context.js';
export { trackerConforms, type TrackerCheck } from './tracker-conforms.js';
