import { NgramIndex, type NgramCounts } from 'mienlab/text';

type Tokens = readonly string[];

/** In how many of `videos` the references hold an n-gram, by its id in `index`. */
export interface DocumentFrequencies {
  index: NgramIndex;
  /** Ids beyond its end have frequency 0. */
  frequency: Int32Array;
  videos: number;
}

/** Document frequencies of a set of references, [video][reference][token]; n-grams of orders 1..n. */
export function documentFrequencies(references: readonly (readonly Tokens[])[], n = 4): DocumentFrequencies {
  const index = new NgramIndex(n, expectedNgrams(references, n));
  return frequenciesOf(index, countAll(index, references));
}

/** About how many different n-grams references and as many candidates hold. */
function expectedNgrams(references: readonly (readonly Tokens[])[], n: number): number {
  let tokens = 0;
  for (const video of references) for (const reference of video) tokens += reference.length;
  return Math.min(1 << 22, Math.ceil((tokens * n) / 2));
}

function countAll(index: NgramIndex, references: readonly (readonly Tokens[])[]): NgramCounts[][] {
  return references.map((video) => video.map((reference) => index.count(reference)));
}

function frequenciesOf(index: NgramIndex, counts: readonly (readonly NgramCounts[])[]): DocumentFrequencies {
  const frequency = new Int32Array(index.size);
  const last = new Int32Array(index.size).fill(-1);
  counts.forEach((video, v) => {
    for (const { ids } of video) {
      for (let i = 0; i < ids.length; i++) {
        if (last[ids[i]!] !== v) frequency[ids[i]!]!++;
        last[ids[i]!] = v;
      }
    }
  });
  return { index, frequency, videos: counts.length };
}

interface Vector {
  ids: Int32Array;
  /** tf x (ln videos - ln max(1, df)). */
  weights: Float64Array;
  /** Euclidean length by order, [1..n]. */
  norms: Float64Array;
  /** Number of bigrams; 0 where n is 1, as in pycocoevalcap. */
  length: number;
}

/**
 * CIDEr per video as pycocoevalcap's `Cider` computes it, which is the CIDEr-D form (R. Vedantam et al., "CIDEr: Consensus-based image
 * description evaluation", CVPR 2015, section 5): per order n the clipped tf-idf cosine times exp(-(difference of bigram counts)^2 /
 * (2 sigma^2)), its mean over orders and over references, times 10. About 0..10. `references` holds one or more per video.
 * Document frequencies come from `references` unless a set's are given (whose order of n-grams must be `n`).
 */
export function cider(
  candidates: readonly Tokens[],
  references: readonly (readonly Tokens[])[],
  { n = 4, sigma = 6, frequencies }: { n?: number; sigma?: number; frequencies?: DocumentFrequencies } = {},
): number[] {
  const index = frequencies?.index ?? new NgramIndex(n, expectedNgrams(references, n));
  const referenceCounts = countAll(index, references);
  const { frequency, videos } = frequencies ?? frequenciesOf(index, referenceCounts);
  const unseen = Math.log(videos);
  const inverse = new Float64Array(frequency.length);
  for (let id = 0; id < inverse.length; id++) inverse[id] = unseen - Math.log(Math.max(1, frequency[id]!));
  const vector = ({ ids, counts }: NgramCounts, length: number): Vector => {
    const weights = new Float64Array(ids.length);
    const norms = new Float64Array(n + 1);
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      const weight = counts[i]! * (id < inverse.length ? inverse[id]! : unseen);
      weights[i] = weight;
      norms[index.order(id)]! += weight * weight;
    }
    return { ids, weights, norms: norms.map(Math.sqrt), length: n > 1 ? Math.max(0, length - 1) : 0 };
  };

  let dense = new Float64Array(index.size);
  return candidates.map((tokens, video) => {
    const candidate = vector(index.count(tokens), tokens.length);
    let sum = 0;
    for (const [r, counts] of referenceCounts[video]!.entries()) {
      const reference = vector(counts, references[video]![r]!.length);
      if (index.size > dense.length) dense = new Float64Array(index.size * 2);
      for (let i = 0; i < reference.ids.length; i++) dense[reference.ids[i]!] = reference.weights[i]!;
      const products = new Float64Array(n + 1);
      for (let i = 0; i < candidate.ids.length; i++) {
        const id = candidate.ids[i]!;
        const weight = dense[id]!;
        if (weight) products[index.order(id)]! += Math.min(candidate.weights[i]!, weight) * weight;
      }
      for (let i = 0; i < reference.ids.length; i++) dense[reference.ids[i]!] = 0;
      const penalty = Math.exp(-((candidate.length - reference.length) ** 2) / (2 * sigma ** 2));
      for (let order = 1; order <= n; order++) {
        const norms = candidate.norms[order]! * reference.norms[order]!;
        sum += (norms ? products[order]! / norms : products[order]!) * penalty;
      }
    }
    return (10 * sum) / (n * references[video]!.length);
  });
}
