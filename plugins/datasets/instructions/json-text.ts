/** The way to a value in JSON: keys of objects and indices of lists. */
export type JsonPath = readonly (string | number)[];

/** Offset (UTF-16 units) of the first character that makes a text no JSON; undefined where it is JSON. */
export function jsonError(text: string): number | undefined {
  const scanner = new Scanner(text, null);
  try {
    scanner.value(0);
    scanner.end();
    return undefined;
  } catch (error) {
    return error instanceof Broken ? error.offset : 0;
  }
}

/** Offset of the value at a path in a text that is JSON; of the deepest one there is where the path leads nowhere. */
export function jsonOffset(text: string, path: JsonPath): number {
  const scanner = new Scanner(text, path);
  try {
    scanner.value(0);
  } catch {
    // Nested too deeply to look into.
  }
  return scanner.found;
}

class Broken extends Error {
  constructor(readonly offset: number) {
    super();
  }
}

const blanks = /[ \t\n\r]*/y;
const word = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// eslint-disable-next-line no-control-regex -- JSON has none within strings
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

/** The grammar of RFC 8259. On its way it notes where the values of a path begin. */
class Scanner {
  found = 0;
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly path: JsonPath | null,
  ) {}

  /** `onPath`: how many steps of the path lead to this value, or -1. */
  value(onPath: number): void {
    this.#skip(blanks);
    if (onPath >= 0) this.found = this.#at;
    const next = this.text[this.#at];
    if (next === '{') this.#list('}', () => this.#member(onPath));
    else if (next === '[') {
      let index = 0;
      this.#list(']', () => this.value(this.#step(onPath, index++)));
    } else if (next === '"') this.#string();
    else if (!this.#skip(word)) throw new Broken(this.#at);
  }

  end(): void {
    this.#skip(blanks);
    if (this.#at < this.text.length) throw new Broken(this.#at);
  }

  #member(onPath: number): void {
    this.#skip(blanks);
    const start = this.#at;
    this.#string();
    const key = onPath >= 0 && this.path ? (JSON.parse(this.text.slice(start, this.#at)) as string) : '';
    this.#skip(blanks);
    this.#take(':');
    this.value(this.#step(onPath, key));
  }

  #step(onPath: number, key: string | number): number {
    return onPath >= 0 && this.path && onPath < this.path.length && this.path[onPath] === key ? onPath + 1 : -1;
  }

  #list(close: string, item: () => void): void {
    this.#at++;
    this.#skip(blanks);
    if (this.text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      item();
      this.#skip(blanks);
      if (this.text[this.#at] === close) break;
      this.#take(',');
    }
    this.#at++;
  }

  #string(): void {
    if (this.text[this.#at] !== '"') throw new Broken(this.#at);
    this.#skip(string);
    this.#take('"');
  }

  #take(char: string): void {
    if (this.text[this.#at] !== char) throw new Broken(this.#at);
    this.#at++;
  }

  /** True where something was skipped. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.text)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }
}
