/** Where a JSON text is broken. */
export class JsonTrouble extends Error {
  constructor(
    /** UTF-16 units from the start. */
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** A member of the outermost object, or an element of the outermost list. */
export interface JsonEntry {
  /** Null in a list. */
  key: string | null;
  /** Where it begins, in UTF-16 units. */
  start: number;
}

const maxDepth = 100;
const literal = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;

/**
 * Walks over a JSON text (RFC 8259) and tells where its outermost entries begin: JSON.parse says neither where a text is broken nor that a
 * key stands twice. Throws JsonTrouble at the first character that does not fit.
 */
export function scanJson(text: string): JsonEntry[] {
  const entries: JsonEntry[] = [];
  let at = 0;

  const trouble = (expected: string): JsonTrouble => {
    if (at >= text.length) return new JsonTrouble(text.length, `the text ends where ${expected} should stand`);
    const code = text.codePointAt(at)!;
    const shown = code < 0x20 || code === 0x7f ? `U+${code.toString(16).padStart(4, '0')}` : JSON.stringify(String.fromCodePoint(code));
    return new JsonTrouble(at, `${shown} where ${expected} should stand`);
  };
  const space = () => {
    for (let c = text.charCodeAt(at); c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09; c = text.charCodeAt(at)) at++;
  };
  const string = (): void => {
    if (text[at] !== '"') throw trouble('a string');
    for (at++; ; at++) {
      const c = text.charCodeAt(at);
      if (c === 0x22) break;
      if (!(c >= 0x20)) throw trouble('the rest of a string (control characters are escaped in JSON)');
      if (c !== 0x5c) continue;
      at++;
      if (text[at] === 'u') {
        if (!/^[\da-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) throw trouble('u and four hexadecimal digits');
        at += 4;
      } else if (!'"\\/bfnrt'.includes(text[at] ?? ' ')) throw trouble('an escape such as \\n');
    }
    at++;
  };
  const value = (depth: number): void => {
    if (depth > maxDepth) throw new JsonTrouble(at, `nested deeper than ${maxDepth}`);
    const open = text[at];
    if (open === '"') return string();
    if (open !== '{' && open !== '[') {
      literal.lastIndex = at;
      if (!literal.test(text)) throw trouble('a value');
      at = literal.lastIndex;
      return;
    }
    const close = open === '{' ? '}' : ']';
    at++;
    space();
    if (text[at] === close) {
      at++;
      return;
    }
    for (;;) {
      const start = at;
      let key: string | null = null;
      if (open === '{') {
        string();
        if (depth === 0) key = JSON.parse(text.slice(start, at)) as string;
        space();
        if (text[at] !== ':') throw trouble('":"');
        at++;
        space();
      }
      if (depth === 0) entries.push({ key, start });
      value(depth + 1);
      space();
      if (text[at] === close) break;
      if (text[at] !== ',') throw trouble(`"," or "${close}"`);
      at++;
      space();
    }
    at++;
  };

  space();
  value(0);
  space();
  if (at < text.length) throw trouble('the end of the text');
  return entries;
}
