import type { EventGrammar, Random } from 'mienlab/contracts';
import type { Action } from './actions.js';
import type { Person } from './person.js';

const leads = [
  ['At the beginning,', 'At first,', 'To begin with,'],
  ['In the middle,', 'Halfway through,', 'Midway,'],
  ['At the end,', 'Towards the end,', 'Finally,'],
] as const;

const wordings: Readonly<Record<Exclude<Action, 'neutral'>, readonly string[]>> = {
  smile: ['the person smiles', 'a smile appears on the face', 'the corners of the mouth go up'],
  frown: ['the person frowns', 'the mouth turns into a frown', 'the corners of the mouth go down'],
  'open-mouth': ['the mouth opens wide', 'the person opens the mouth', 'the jaw drops'],
  'raise-brows': ['the eyebrows go up', 'the person raises the eyebrows', 'the eyebrows are lifted'],
  'lower-brows': ['the eyebrows go down', 'the person lowers the eyebrows', 'the eyebrows are drawn together'],
  'close-eyes': ['the eyes close', 'the person closes the eyes', 'both eyes are shut'],
  'look-left': ['the person looks to the left', 'the head turns left'],
  'look-right': ['the person looks to the right', 'the head turns right'],
  blink: ['the person blinks', 'the eyes blink twice'],
  'look-surprised': ['the person looks surprised', 'the face shows surprise'],
};
/** Nothing is done, after an action and else. */
const relaxing = ['the face relaxes', 'the expression is neutral again'];
const resting = ['the expression is neutral', 'there is no obvious change', 'the face is calm'];

const one = <T>(random: Random, items: readonly T[]) => items[random.integer(items.length)]!;

/**
 * A caption of FEC-Bench's form: a sentence on who is shown, then one on what happens at the beginning, in the middle and at the end, each on its
 * own line. `actions` is what the principal does in each third.
 */
export function writeCaption(random: Random, person: Person, actions: readonly Action[]): string {
  const { skin, hair, shirt, glasses } = person;
  const who = one(random, [
    `The video shows a person with ${hair} hair, ${skin} skin and a ${shirt} shirt${glasses ? ', wearing glasses' : ''}.`,
    `A person in a ${shirt} shirt is shown, with ${hair} hair${glasses ? ', glasses' : ''} and ${skin} skin.`,
    `Here is a person with ${skin} skin, ${hair} hair${glasses ? ', glasses' : ''} and a ${shirt} shirt.`,
  ]);
  const lines = actions.map((action, part) => {
    const rests = part > 0 && actions[part - 1] !== 'neutral' ? relaxing : resting;
    return `${one(random, leads[part]!)} ${one(random, action === 'neutral' ? rests : wordings[action])}.`;
  });
  return [who, ...lines].join('\n');
}

/** How these captions are to be read; some wider than they are written, since models word things anew. */
export const grammar: EventGrammar = {
  parts: [
    { name: 'beginning', markers: ['at the beginning', 'at first', 'to begin with', 'in the beginning'] },
    { name: 'middle', markers: ['in the middle', 'halfway through', 'midway'] },
    { name: 'end', markers: ['at the end', 'towards the end', 'finally'] },
  ],
  actions: [
    { name: 'neutral', patterns: ['\\bneutral\\b', '\\bno obvious change\\b', '\\bcalm\\b', '\\brelax(es|ed|ing)?\\b'], none: true },
    { name: 'smile', patterns: ['\\bsmil(e|es|ed|ing)\\b', '\\bcorners of the mouth (go|are|turn) up\\b'] },
    { name: 'frown', patterns: ['\\bfrown(s|ed|ing)?\\b', '\\bcorners of the mouth (go|are|turn) down\\b'] },
    { name: 'open-mouth', patterns: ['\\bmouth (opens|is open)\\b', '\\bopen(s|ing)? the mouth\\b', '\\bjaw drops\\b'] },
    { name: 'raise-brows', patterns: ['\\b(eye)?brows (go up|rise|are (lifted|raised))\\b', '\\b(raise|lift)(s|ing)? the (eye)?brows\\b'] },
    { name: 'lower-brows', patterns: ['\\b(eye)?brows (go down|are (lowered|drawn together))\\b', '\\blower(s|ing)? the (eye)?brows\\b'] },
    { name: 'close-eyes', patterns: ['\\beyes (close|are (shut|closed))\\b', '\\b(close|shut)s? the eyes\\b', '\\bclosing the eyes\\b'] },
    { name: 'look-left', patterns: ['\\blook(s|ing)? (to the )?left\\b', '\\bhead turns (to the )?left\\b'] },
    { name: 'look-right', patterns: ['\\blook(s|ing)? (to the )?right\\b', '\\bhead turns (to the )?right\\b'] },
    { name: 'blink', patterns: ['\\bblink(s|ed|ing)?\\b'] },
    { name: 'look-surprised', patterns: ['\\bsurprised?\\b'] },
  ],
};
