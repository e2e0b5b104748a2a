import { walkJson } from './walk-json.js';

/** A member of the outermost object, or an element of the outermost list. */
export interface JsonEntry {
  /** Null in a list. */
  key: string | null;
  /** Where it begins, a member with its key, in UTF-16 units. */
  start: number;
}

const maxDepth = 100;

/** The outermost entries of a JSON text, a key that stands twice twice. Throws JsonTrouble at the first character that does not fit. */
export function scanJson(text: string): JsonEntry[] {
  const entries: JsonEntry[] = [];
  walkJson(text, {
    maxDepth,
    onValue: ([key, ...deeper], _, start) => {
      if (key !== undefined && !deeper.length) entries.push({ key: typeof key === 'string' ? key : null, start });
    },
  });
  return entries;
}
