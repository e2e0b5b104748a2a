import { captionThirds } from './caption-thirds.js';

/** For each sample and third, which words of a vocabulary its sentence holds. */
export interface CaptionWords {
  words: readonly string[];
  /** Per sample: indices into `words` per third; null where a caption has no thirds. */
  thirds: readonly (readonly [readonly number[], readonly number[], readonly number[]] | null)[];
}

/** Words in at least two sentences and at most `maxShare` of them, in alphabetical order. */
export function captionWords(captions: readonly string[], maxShare: number): CaptionWords {
  const sentences = captions.map(
    (caption) => captionThirds(caption)?.map((sentence) => new Set(sentence.match(/[\p{L}\p{N}']+/gu) ?? [])) ?? null,
  );
  const all = sentences.flatMap((thirds) => thirds ?? []);
  const counts = new Map<string, number>();
  for (const sentence of all) for (const word of sentence) counts.set(word, (counts.get(word) ?? 0) + 1);
  const words = [...counts]
    .filter(([, count]) => count >= 2 && count <= maxShare * all.length)
    .map(([word]) => word)
    .sort();
  const index = new Map(words.map((word, i) => [word, i]));
  const known = (sentence: Set<string>) => [...sentence].flatMap((word) => index.get(word) ?? []);
  return { words, thirds: sentences.map((thirds) => thirds && [known(thirds[0]!), known(thirds[1]!), known(thirds[2]!)]) };
}

/** The third (0, 1, 2) that the middle of a time step lies in. */
export function thirdOf(step: number, steps: number): 0 | 1 | 2 {
  return Math.floor((3 * (step + 0.5)) / steps) as 0 | 1 | 2;
}
