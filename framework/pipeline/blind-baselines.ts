import type { Clip, Random } from '../contracts/index.js';
import { seededRandom } from '../plugin/index.js';
import { ptbTokenize, rougeLOf } from '../text/index.js';

/** Training captions tried as the constant, and training captions each is held against: bounds the search to about half a second. */
const tried = 60;
const heldAgainst = 300;

/** Captions that know nothing of the videos, one per test clip; null where there is nothing to make them of. */
export interface BlindPredictions {
  /** The same training caption for every clip. */
  constant: string[] | null;
  /** The first reference of another test clip, never the own; every test clip's is used once where all have references. */
  other: string[] | null;
}

/**
 * The blind baselines that stand beside every caption score. The constant is the training caption with the best mean ROUGE-L against
 * the other training captions; test captions have no part in the choice. Both are drawn by `seed` and are the same on every machine.
 */
export function blindPredictions({
  trainReferences,
  testClips,
  seed,
}: {
  trainReferences: readonly string[];
  testClips: readonly Pick<Clip, 'references'>[];
  seed: number;
}): BlindPredictions {
  const random = seededRandom(seed).fork('blind-baselines');
  const constant = typicalCaptions(trainReferences, random.fork('constant'))[0] ?? null;
  return {
    constant: constant === null ? null : testClips.map(() => constant),
    other: otherCaptions(testClips, random.fork('other')),
  };
}

/**
 * Up to 60 drawn captions by their mean ROUGE-L against up to 300 others, the most typical first: what a constant "prediction" is made of.
 */
export function typicalCaptions(captions: readonly string[], random: Random): string[] {
  const drawn = shuffle(captions.length, random).slice(0, heldAgainst);
  const tokens = drawn.map((index) => ptbTokenize(captions[index]!));
  const sums = tokens.slice(0, tried).map((candidate, c) => {
    const score = rougeLOf(candidate);
    let sum = 0;
    for (const [r, reference] of tokens.entries()) if (r !== c) sum += score(reference);
    return { sum, caption: captions[drawn[c]!]! };
  });
  return sums.sort((a, b) => b.sum - a.sum).map(({ caption }) => caption);
}

function otherCaptions(clips: readonly Pick<Clip, 'references'>[], random: Random): string[] | null {
  const known = clips.flatMap(({ references }, clip) => (references.length ? [clip] : []));
  // The cycle of a shuffled order has no fixed point from two clips on.
  const cycle = shuffle(known.length, random).map((index) => known[index]!);
  const next = new Map(cycle.map((clip, i) => [clip, cycle[(i + 1) % cycle.length]!]));
  if (known.length < 2) return null;
  return clips.map((_, clip) => clips[next.get(clip) ?? cycle[random.integer(cycle.length)]!]!.references[0]!);
}

/** 0..n-1 in random order (Fisher-Yates). */
function shuffle(n: number, random: Random): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
