import type { Random } from '../contracts/index.js';
import { type CaptionParts, captionSplitter, joinParts } from './caption-parts.js';
import { dropEvent } from './drop-event.js';
import type { Lexicon } from './lexicon.js';
import { giveToOther } from './give-to-other.js';
import { wordReplacer } from './replace-words.js';

/** What a perturbed caption is, beside the untouched one. */
export type PerturbationKind = 'wrong' | 'incomplete' | 'same';

export interface Perturbation {
  name: string;
  what: string;
  /** `wrong` says something untrue, `incomplete` leaves something out and says nothing untrue, `same` says the same. */
  kind: PerturbationKind;
  /** The perturbed caption; null where it cannot be applied. `random` is drawn from where there is a choice. */
  apply(caption: string, random: Random): string | null;
}

const words = (caption: string) => caption.split(/\s+/).filter(Boolean);

/** All perturbations of the audit, in the order in which they are shown. */
export function perturbations(lexicon: Lexicon): Perturbation[] {
  const split = captionSplitter(lexicon['time-phrases']);
  const inEvents = (change: (what: string) => string | null) => (caption: string) => {
    const parts = split(caption);
    const changed = parts.timed.map(({ what }) => change(what));
    if (changed.every((what) => what === null)) return null;
    return joinParts({ ...parts, timed: parts.timed.map((part, i) => ({ ...part, what: changed[i] ?? part.what })) });
  };
  const appearance = wordReplacer(lexicon.appearance);
  return [
    {
      name: 'order-reversed',
      kind: 'wrong',
      what: 'what happens is told in reverse order under the same time phrases',
      apply: (caption) => reversed(split(caption)),
    },
    {
      name: 'opposite-movement',
      kind: 'wrong',
      what: 'movements and states of the face by their opposites (opens, closes; raised, lowered)',
      apply: inEvents(wordReplacer(lexicon['opposite-movement'])),
    },
    {
      name: 'opposite-emotion',
      kind: 'wrong',
      what: 'words of emotion by their opposites (smiles, frowns; calm, agitated)',
      apply: wordReplacer(lexicon['opposite-emotion']),
    },
    { name: 'left-right', kind: 'wrong', what: 'left and right swapped', apply: wordReplacer(lexicon['left-right']) },
    { name: 'other-person', kind: 'wrong', what: 'all that happens is said of the other person', apply: inEvents(giveToOther) },
    {
      name: 'appearance',
      kind: 'wrong',
      what: 'another age, hair, skin, face and dress',
      apply: (caption) => {
        const parts = split(caption);
        const shown = parts.timed.length ? appearance(parts.shown) : null;
        return shown === null ? null : joinParts({ ...parts, shown });
      },
    },
    {
      name: 'event-dropped',
      kind: 'incomplete',
      what: 'one event left out, drawn by the seed',
      apply: (caption, random) => dropEvent(split(caption), random),
    },
    {
      name: 'tenth-cut',
      kind: 'incomplete',
      what: 'the last tenth of the words cut',
      apply: (caption) => {
        const all = words(caption);
        return all.length < 10 ? null : all.slice(0, Math.floor(all.length * 0.9)).join(' ');
      },
    },
    {
      name: 'half',
      kind: 'incomplete',
      what: 'cut to the first half of the words',
      apply: (caption) => {
        const all = words(caption);
        return all.length < 2 ? null : all.slice(0, Math.ceil(all.length / 2)).join(' ');
      },
    },
    { name: 'paraphrase', kind: 'same', what: 'words and phrases by synonyms', apply: wordReplacer(lexicon.paraphrase) },
    {
      name: 'doubled',
      kind: 'same',
      what: 'the caption twice in a row',
      apply: (caption) => `${caption.trimEnd()} ${caption.trimStart()}`,
    },
  ];
}

function reversed(parts: CaptionParts): string | null {
  const { timed } = parts;
  const whats = timed.map(({ what }) => what).reverse();
  if (whats.every((what, i) => what === timed[i]!.what)) return null;
  return joinParts({ ...parts, timed: timed.map((part, i) => ({ ...part, what: whats[i]! })) });
}
