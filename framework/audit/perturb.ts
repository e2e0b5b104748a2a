import { seededRandom } from '../plugin/index.js';
import { lcsLength } from '../text/longest-common-subsequence.js';
import type { Lexicon } from './lexicon.js';
import { type PerturbationKind, perturbations } from './perturbations.js';

export interface PerturbedCaptions {
  name: string;
  what: string;
  kind: PerturbationKind;
  /** One per caption given; null where the perturbation does not apply. */
  captions: (string | null)[];
  n: number;
  /** Mean number of words over that of the captions given, where it applies; null for n = 0. */
  length: number | null;
  /** Mean share of words, 0..1, that are not in common, in order, with the caption given; null for n = 0. */
  changed: number | null;
}

const words = (caption: string) => caption.split(/\s+/).filter(Boolean);
const mean = (values: readonly number[]) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null);

/** Every perturbation of the audit on every caption. What is drawn depends on the seed and the caption's id, not on the other captions. */
export function perturb(items: readonly { id: string; caption: string }[], lexicon: Lexicon, seed: number): PerturbedCaptions[] {
  const random = seededRandom(seed).fork('perturbations');
  return perturbations(lexicon).map(({ name, what, kind, apply }) => {
    const captions = items.map(({ id, caption }) => {
      const changed = apply(caption, random.fork(name).fork(id));
      // A caption that came out as it was is none: swapping left and right in "left and right", say.
      return changed === caption ? null : changed;
    });
    const pairs = captions.flatMap((caption, i) => (caption === null ? [] : [[words(items[i]!.caption), words(caption)] as const]));
    return {
      name,
      what,
      kind,
      captions,
      n: pairs.length,
      length: mean(pairs.map(([before, after]) => after.length / before.length)),
      changed: mean(pairs.map(([before, after]) => 1 - lcsLength(before, after) / Math.max(before.length, after.length))),
    };
  });
}
