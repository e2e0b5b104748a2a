import { type LcsTable, lcsLengthOf, lcsTable } from './longest-common-subsequence.js';

type Tokens = readonly string[];

/**
 * ROUGE-L of one candidate, 0..1, as pycocoevalcap's `Rouge` computes it: P = LCS / candidate length, R = LCS / reference length,
 * the largest of each over the references taken apart, F = (1 + beta^2) P R / (R + beta^2 P).
 * Empty texts count as one empty token there, so empty against empty is 1. `references` holds one or more.
 * (C.-Y. Lin, "ROUGE: A package for automatic evaluation of summaries", 2004.)
 */
export function rougeL(candidate: Tokens, references: readonly Tokens[], beta = 1.2): number {
  return fromTable(lcsTable(orEmptyToken(candidate)), references, beta);
}

/** `rougeL` of one candidate against many references in turn. */
export function rougeLOf(candidate: Tokens): (reference: Tokens) => number {
  const table = lcsTable(orEmptyToken(candidate));
  return (reference) => fromTable(table, [reference], 1.2);
}

function fromTable(candidate: LcsTable, references: readonly Tokens[], beta: number): number {
  let precision = 0;
  let recall = 0;
  for (const reference of references.map(orEmptyToken)) {
    const length = lcsLengthOf(candidate, reference);
    precision = Math.max(precision, length / candidate.length);
    recall = Math.max(recall, length / reference.length);
  }
  return precision && recall ? ((1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision) : 0;
}

function orEmptyToken(tokens: Tokens): Tokens {
  return tokens.length ? tokens : [''];
}
