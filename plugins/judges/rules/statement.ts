/** Whom a statement is about, as far as it is said. */
export interface Who {
  gender: 'man' | 'woman' | null;
  age: 'adult' | 'child' | null;
  /** What tells several people apart: `left`, `right`, `middle`, `taller`, ... */
  place: string | null;
}

export type Direction = 'left' | 'right' | 'up' | 'down' | 'front';

/** One thing that is said to happen, or not to happen. */
export interface Statement {
  who: Who;
  negated: boolean;
  /** A name of the lexicon, such as `head turn`. */
  action: string;
  directions: readonly Direction[];
  /** The part of the clip where that is said. */
  part: string | null;
}

export const nobody: Who = { gender: null, age: null, place: null };

const nouns = { 'man adult': 'man', 'man child': 'boy', 'woman adult': 'woman', 'woman child': 'girl' } as Record<string, string>;

/** Such as `the woman on the left: head turn left up (beginning)`. */
export function statementText({ who, negated, action, directions, part }: Statement): string {
  const noun = nouns[`${who.gender} ${who.age ?? 'adult'}`] ?? (who.age === 'child' ? 'child' : 'person');
  const place = who.place === null ? '' : ` (${who.place})`;
  const way = directions.length ? ` ${directions.join(' ')}` : '';
  return `the ${noun}${place}: ${negated ? 'no ' : ''}${action}${way}${part === null ? '' : ` (${part})`}`;
}

const written =
  /^the (man|boy|woman|girl|child|person)(?: \(([a-z]+)\))?: (no )?([a-z -]+?)((?: (?:left|right|up|down|front))*)(?: \(([^()]*)\))?$/;

/** Reads what `statementText` wrote; undefined for anything else. */
export function readStatement(text: string): Statement | undefined {
  const match = written.exec(text);
  if (!match) return undefined;
  const [, noun, place, negated, action, way, part] = match;
  const gender = noun === 'man' || noun === 'boy' ? 'man' : noun === 'woman' || noun === 'girl' ? 'woman' : null;
  return {
    // What is written of grown people may have come from a pronoun, which tells no age.
    who: { gender, age: noun === 'child' || noun === 'boy' || noun === 'girl' ? 'child' : null, place: place ?? null },
    negated: negated !== undefined,
    action: action!,
    directions: way!.split(' ').filter(Boolean) as Direction[],
    part: part ?? null,
  };
}
