/** The way to a value in JSON: keys of objects and indices of lists. */
export type JsonPath = readonly (string | number)[];

/** Where a JSON text is broken. */
export class JsonTrouble extends Error {
  constructor(
    /** Of the character that does not fit, in UTF-16 units from the start. */
    readonly offset: number,
    message: string,
    /** Where what it belongs to begins: an escape's backslash, else the character itself. */
    readonly start = offset,
  ) {
    super(message);
  }
}

interface WalkOptions {
  /** Deepest nesting that is gone into. Default: as deep as the stack goes. */
  maxDepth?: number;
  /** Told of every value in turn, before what is in it: the way to it (one array, which changes), where it begins, and where its key does. */
  onValue?: (path: JsonPath, start: number, keyStart: number) => void;
}

const literal = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;

/**
 * Walks over a JSON text (RFC 8259): JSON.parse says neither where a text is broken nor where its values stand, nor that a key stands twice.
 * Throws JsonTrouble at the first character that does not fit, RangeError where the stack ends.
 */
export function walkJson(text: string, { maxDepth = Infinity, onValue }: WalkOptions = {}): void {
  const path: (string | number)[] = [];
  let at = 0;

  const trouble = (expected: string, start = at): JsonTrouble => {
    if (at >= text.length) return new JsonTrouble(text.length, `the text ends where ${expected} should stand`, start);
    const code = text.codePointAt(at)!;
    const shown = code < 0x20 || code === 0x7f ? `U+${code.toString(16).padStart(4, '0')}` : JSON.stringify(String.fromCodePoint(code));
    return new JsonTrouble(at, `${shown} where ${expected} should stand`, start);
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
      const escape = at++;
      if (text[at] === 'u') {
        if (!/^[\da-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) throw trouble('u and four hexadecimal digits', escape);
        at += 4;
      } else if (!'"\\/bfnrt'.includes(text[at] ?? ' ')) throw trouble('an escape such as \\n', escape);
    }
    at++;
  };
  const value = (depth: number, keyStart: number): void => {
    if (depth > maxDepth) throw new JsonTrouble(at, `nested deeper than ${maxDepth}`);
    onValue?.(path, at, keyStart);
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
    for (let index = 0; ; index++) {
      const start = at;
      let key: string | number = index;
      if (open === '{') {
        string();
        if (onValue) key = JSON.parse(text.slice(start, at)) as string;
        space();
        if (text[at] !== ':') throw trouble('":"');
        at++;
        space();
      }
      path.push(key);
      value(depth + 1, start);
      path.pop();
      space();
      if (text[at] === close) break;
      if (text[at] !== ',') throw trouble(`"," or "${close}"`);
      at++;
      space();
    }
    at++;
  };

  space();
  value(0, at);
  space();
  if (at < text.length) throw trouble('the end of the text');
}
