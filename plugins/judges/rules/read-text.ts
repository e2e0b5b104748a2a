import { entries, regions, type Region } from './lexicon.js';
import { nobody, type Direction, type Statement, type Who } from './statement.js';

const parts: readonly [string, RegExp][] = [
  [
    'end',
    /\b(?:(?:towards?|at|by|near|until|to) the (?:very )?(?:end|conclusion)|finally|lastly|eventually|in the (?:final|last|latter|ending|end)\b)/,
  ],
  ['middle', /\b(?:(?:in|at|around|towards?) the middle|midway|halfway)\b(?! to)/],
  ['beginning', /\b(?:(?:at|in|from) the (?:very )?(?:beginning|start|outset)|at first|initially|firstly|first)\b/],
];

const people: readonly [RegExp, Who][] = [
  [/\b(?:boys?)\b/, { gender: 'man', age: 'child', place: null }],
  [/\b(?:girls?)\b/, { gender: 'woman', age: 'child', place: null }],
  [/\b(?:child|children|kid|baby|pupil)\b/, { gender: null, age: 'child', place: null }],
  [/\b(?:m[ae]n|male|father|actor|gentleman|guy)\b/, { gender: 'man', age: 'adult', place: null }],
  [/\b(?:wom[ae]n|female|mother|actress|lady|teacher)\b/, { gender: 'woman', age: 'adult', place: null }],
  [/\b(?:he|his|him)\b/, { gender: 'man', age: null, place: null }],
  [/\b(?:she|her)\b/, { gender: 'woman', age: null, place: null }],
  [/\b(?:person|character|individual|they|their|friend|one|people)\b/, nobody],
];

const placed = /\b(?:m[ae]n|wom[ae]n|boy|girl|child|person|one|friend|lady|guy) (?:on|to|in|at) the (left|right|middle)\b/;
const compared = /\b(taller|shorter|older|younger|other|another)\b/;
const negation = /\b(?:not|never|without|stops?|stopped|ceases?|fad(?:es?|ed|ing)|neither|nobody|nothing|cannot|rather than)\b|n['’]t\b/;

function whoOf(clause: string): Who | undefined {
  let first: { at: number; who: Who } | undefined;
  for (const [pattern, who] of people) {
    const at = clause.search(pattern);
    if (at >= 0 && (!first || at < first.at)) first = { at, who };
  }
  if (!first) return undefined;
  return { ...first.who, place: placed.exec(clause)?.[1] ?? compared.exec(clause)?.[1] ?? null };
}

/** `from left to right` goes right. */
function directionsOf(clause: string): Direction[] {
  const plain = clause
    .replace(/\bfrom (?:the )?(?:left|right|up|down|top|bottom) (?=to\b)/g, '')
    .replace(/\bfrom side to side\b/g, '')
    .replace(/\bon (?:his|her|their) (?:left|right)\b/g, (side) => side);
  const ways: [Direction, RegExp][] = [
    ['left', /\bleft(?:ward|wards)?\b/],
    ['right', /\bright(?:ward|wards)?\b(?! away)/],
    ['up', /\b(?:up|upward|upwards|ceiling|rais\w*|lift\w*)\b/],
    ['down', /\b(?:down|downward|downwards|floor|ground|lower\w*|drop\w*)\b/],
    ['front', /\b(?:ahead|forward|forwards|front)\b/],
  ];
  return ways.filter(([, pattern]) => pattern.test(plain)).map(([way]) => way);
}

const regionOf = (clause: string) => (Object.keys(regions) as Region[]).filter((region) => regions[region].test(clause));

/** What happens later is said first: put in order of time. */
function inOrder(sentence: string): string {
  const plain = (text: string) => text.replace(/^[\s,]+|[\s,]+$/g, '');
  let match = /^(?:.*?[,:])?\s*after ([^,]+), (.+)$/.exec(sentence) ?? /^before ([^,]+), (.+)$/.exec(sentence);
  if (match)
    return sentence.startsWith('before') ? `${plain(match[2]!)} , ${plain(match[1]!)}` : `${plain(match[1]!)} , ${plain(match[2]!)}`;
  match = /^(.+?) before (?!the\b)(.+)$/.exec(sentence);
  if (match) return `${plain(match[1]!)} , ${plain(match[2]!)}`;
  match = /^(.+?) after (?!the\b|a\b)(.+)$/.exec(sentence);
  // The subject stands with what is said first.
  if (match) return `${plain(match[2]!)} , ${plain(match[1]!)}`;
  return sentence;
}

interface Clause {
  text: string;
  part: string | null;
  regions: Region[];
}

function clausesOf(text: string): { all: Clause[]; opened: number } {
  const all: Clause[] = [];
  let part: string | null = null;
  let opened = -1;
  for (const sentence of text.toLowerCase().split(/[.!?;\n\r\u2028\u2029]+/)) {
    for (const piece of inOrder(sentence.trim()).split(/,|\band then\b|\band\b|\bthen\b|\bwhile\b|\bbut\b|\bas (?=he|she|his|her)/)) {
      const marker = parts.find(([, pattern]) => pattern.test(piece));
      if (marker) {
        part = marker[0];
        if (opened < 0) opened = all.length;
      }
      const clause = piece.replace(marker?.[1] ?? /$^/, ' ').trim();
      if (clause) all.push({ text: clause, part, regions: regionOf(clause) });
    }
    all.push({ text: '', part, regions: [] });
  }
  return { all, opened };
}

function said(clause: string, spoken: readonly Region[]): Omit<Statement, 'who' | 'part'>[] {
  const isNegated = negation.test(clause) || /\bno (?!change|changes|obvious|reaction|movement|emotion|expression|\w+ change)/.test(clause);
  const directions = directionsOf(clause);
  const found = new Map<string, { at: number; statement: Omit<Statement, 'who' | 'part'> }>();
  for (const { action, region, pattern, way, directed, negates } of entries) {
    if (region && !spoken.includes(region)) continue;
    const at = clause.search(pattern);
    if (at < 0 || found.has(action)) continue;
    const own = directed ? directions.filter((one) => way === undefined || one === 'left' || one === 'right') : [];
    found.set(action, { at, statement: { negated: isNegated !== (negates ?? false), action, directions: way ? [...own, way] : own } });
  }
  // "Opens her eyes wide" is one event, not two; so is lowering the gaze.
  if (found.has('eyes widen')) found.delete('eyes open');
  return [...found.values()].sort((a, b) => a.at - b.at).map(({ statement }) => statement);
}

/**
 * What a free English text says to happen in faces, in order of time as far as words such as before and after tell it. Of a text that opens
 * a part ("at the beginning") only what follows counts: before that stands who is shown. A clause without a part of the face of its own
 * speaks of that of the clause before it, else of that after it; a clause without a person speaks of the one before.
 */
export function readText(text: string): Statement[] {
  const { all, opened } = clausesOf(text);
  const statements: Statement[] = [];
  let who = nobody;
  let carried: Region[] = [];
  all.forEach((clause, index) => {
    who = whoOf(clause.text) ?? who;
    if (!clause.text) {
      carried = [];
      return;
    }
    const after = all[index + 1]?.regions ?? [];
    const guesses = clause.regions.length ? [clause.regions] : [carried, after, ['head' as const]];
    if (clause.regions.length) carried = clause.regions;
    if (index < opened) return;
    const bare = clause.text.replace(placed, (noun) => noun.split(' ')[0]!);
    const found = guesses.map((spoken) => said(bare, spoken)).find((list) => list.length) ?? [];
    for (const one of found) {
      const statement = { who, ...one, part: clause.part };
      const last = statements.at(-1);
      if (last && JSON.stringify(last) === JSON.stringify(statement)) continue;
      statements.push(statement);
    }
  });
  return statements;
}
