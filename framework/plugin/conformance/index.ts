export { manifestConforms } from './manifest-conforms.js';
export { sourceFolder } from './source-folder.js';
export { testContext } from './test-context.js';
