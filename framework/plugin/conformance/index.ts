export { datasetConforms } from './dataset-conforms.js';
export { manifestConforms } from './manifest-conforms.js';
export { sourceFolder } from './source-folder.js';
export { testContext } from './test-context.js';
