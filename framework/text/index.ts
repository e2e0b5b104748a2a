export { actionsIn, splitParts } from './event-grammar.js';
export { longestMatchChain } from './longest-common-subsequence.js';
export { NgramIndex, type NgramCounts } from './ngram-index.js';
export { ptbTokenize } from './ptb-tokenize.js';
export { rougeL } from './rouge-l.js';
export { tokenizeClips } from './tokenize-clips.js';
