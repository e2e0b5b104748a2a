export { encoderConforms } from './encoder-conforms.js';
export { llmHeadConforms } from './llm-head-conforms.js';
export { manifestConforms } from './manifest-conforms.js';
export { projectorConforms } from './projector-conforms.js';
export { sourceFolder } from './source-folder.js';
export { testContext } from './test-context.js';
