import { lcsLength } from './longest-common-subsequence.js';

/**
 * ROUGE-L of one candidate, 0..1, as pycocoevalcap's `Rouge` computes it: P = LCS / candidate length, R = LCS / reference length,
 * the largest of each over the references taken apart, F = (1 + beta^2) P R / (R + beta^2 P).
 * Empty texts count as one empty token there, so empty against empty is 1. `references` holds one or more.
 * (C.-Y. Lin, "ROUGE: A package for automatic evaluation of summaries", 2004.)
 */
export function rougeL(candidate: readonly string[], references: readonly (readonly string[])[], beta = 1.2): number {
  const tokens = orEmptyToken(candidate);
  let precision = 0;
  let recall = 0;
  for (const reference of references.map(orEmptyToken)) {
    const length = lcsLength(reference, tokens);
    precision = Math.max(precision, length / tokens.length);
    recall = Math.max(recall, length / reference.length);
  }
  return precision && recall ? ((1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision) : 0;
}

function orEmptyToken(tokens: readonly string[]): readonly string[] {
  return tokens.length ? tokens : [''];
}
