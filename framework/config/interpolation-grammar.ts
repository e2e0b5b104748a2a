import { Fault } from '../faults/index.js';
import type { Scalar } from './scalar.js';
import { type Token, tokenReader, tokenValue, unescape } from './value-token.js';

/** A text with interpolations in it; a text that is one single interpolation takes over its value as it is. */
export interface TextSyntax {
  kind: 'text';
  parts: (string | InterpolationSyntax)[];
}

/** `${a.b}`, `${..x}`, `${a[0]}`: joined, the parts are the key; they hold its dots and brackets. */
interface ReferenceSyntax {
  kind: 'reference';
  parts: (string | InterpolationSyntax)[];
}

/** `${name:arguments}`. */
interface CallSyntax {
  kind: 'call';
  name: (string | InterpolationSyntax)[];
  args: ElementSyntax[];
}

export type InterpolationSyntax = ReferenceSyntax | CallSyntax;

/** An argument of a resolver. A primitive made of several tokens is a string. */
export type ElementSyntax =
  | InterpolationSyntax
  | { kind: 'value'; value: Scalar }
  | { kind: 'quoted'; text: TextSyntax }
  | TextSyntax
  | { kind: 'items'; items: ElementSyntax[] }
  | { kind: 'pairs'; pairs: { key: Scalar; value: ElementSyntax }[] };

const readToken = tokenReader<'open' | 'braceOpen' | 'braceClose' | 'quote' | 'comma' | 'bracketOpen' | 'bracketClose' | 'colon'>({
  open: '\\$\\{[ \\t]*',
  braceOpen: '\\{[ \\t]*',
  braceClose: '[ \\t]*\\}',
  quote: '[\'"]',
  comma: '[ \\t]*,[ \\t]*',
  bracketOpen: '\\[[ \\t]*',
  bracketClose: '[ \\t]*\\]',
  colon: '[ \\t]*:[ \\t]*',
});
const maxDepth = 50;

/** Parses a string that contains "${" by OmegaConf's grammar. Throws a Fault INTERPOLATION whose excerpt marks where it went wrong. */
export function parseText(text: string): TextSyntax {
  return new Parser(text).whole();
}

/** Parses one element, as `oc.decode` reads it. */
export function parseElement(text: string): ElementSyntax {
  return new Parser(text).single();
}

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  whole(): TextSyntax {
    return this.textUntil(undefined);
  }

  single(): ElementSyntax {
    const element = this.element();
    if (this.at < this.text.length) this.fail('the end');
    return element;
  }

  private fail(expected: string): never {
    const text = this.text.replace(/\s/g, ' ');
    throw new Fault('INTERPOLATION', 'this is not a valid interpolation', {
      excerpt: { text, start: Math.min(this.at, text.length), length: 1 },
      expected: `${expected} at position ${this.at + 1} of ${JSON.stringify(this.text)}`,
      hint: 'write \\${ for a "${" that is meant as it stands',
    });
  }

  /** Text of the top level, or within quotes up to the closing one, which is consumed. */
  private textUntil(quote: string | undefined): TextSyntax {
    const parts: TextSyntax['parts'] = [];
    let plain = '';
    const plainRule = quote === undefined ? /[^\\$]+/y : quote === "'" ? /[^\\$']+/y : /[^\\$"]+/y;
    for (;;) {
      if (this.at >= this.text.length) {
        if (quote !== undefined) this.fail(`the closing ${quote}`);
        break;
      }
      const run = this.match(plainRule);
      if (run !== undefined) {
        plain += run;
      } else if (this.text[this.at] === quote) {
        this.at++;
        break;
      } else if (this.text[this.at] === '\\') {
        plain += this.backslashes(quote);
      } else if (this.text.startsWith('${', this.at)) {
        if (plain) parts.push(plain);
        plain = '';
        parts.push(this.interpolation());
      } else {
        plain += this.text[this.at++];
      }
    }
    if (plain || parts.length === 0) parts.push(plain);
    return { kind: 'text', parts };
  }

  /** Backslashes count only before "${" (and, within quotes, before a quote): there each pair is one, and an odd last one escapes. */
  private backslashes(quote: string | undefined): string {
    const run = this.match(/\\+/y)!;
    const half = '\\'.repeat(run.length / 2);
    const odd = run.length % 2 === 1;
    if (this.text.startsWith('${', this.at)) {
      if (!odd) return half;
      this.at += 2;
      return `${half}\${`;
    }
    if (quote !== undefined && this.text[this.at] === quote) {
      if (!odd) return half;
      this.at++;
      return half + quote;
    }
    return run;
  }

  private match(rule: RegExp): string | undefined {
    rule.lastIndex = this.at;
    const found = rule.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private interpolation(): InterpolationSyntax {
    if (++this.depth > maxDepth) this.fail(`at most ${maxDepth} interpolations in one another`);
    this.match(/\$\{[ \t]*/y);
    const parts: (string | InterpolationSyntax)[] = [this.match(/\.+/y) ?? ''];
    let name = parts[0] === '';
    for (let first = true; ; first = false) {
      if (this.match(/\[/y) !== undefined) {
        name = false;
        parts.push('[', this.key(), ']');
        if (this.match(/\]/y) === undefined) this.fail('a closing ]');
      } else if (first || this.match(/\./y) !== undefined) {
        const key = this.key();
        name &&= typeof key !== 'string' || /^[a-zA-Z_][a-zA-Z0-9_-]*$/.test(key);
        parts.push(...(first ? [key] : ['.', key]));
      } else {
        break;
      }
    }
    if (this.match(/[ \t]*\}/y) !== undefined) {
      this.depth--;
      return { kind: 'reference', parts };
    }
    if (!name || this.match(/[ \t]*:[ \t]*/y) === undefined) this.fail('a closing }');
    const args = this.sequence('braceClose');
    this.depth--;
    return { kind: 'call', name: parts, args };
  }

  private key(): string | InterpolationSyntax {
    if (this.text.startsWith('${', this.at)) return this.interpolation();
    return this.match(/[^\\{}()[\]:. \t'"]+/y) ?? this.fail('a key');
  }

  /** Elements between commas up to a closing token, which is consumed. A missing element is an empty string, as in OmegaConf. */
  private sequence(close: 'braceClose' | 'bracketClose'): ElementSyntax[] {
    const items: ElementSyntax[] = [];
    if (this.peek()?.type === close) {
      this.at = this.peek()!.end;
      return items;
    }
    const empty: ElementSyntax = { kind: 'value', value: '' };
    let wanted = true;
    for (;;) {
      const token = this.peek();
      if (token?.type === close || token?.type === 'comma') {
        this.at = token.end;
        if (wanted) items.push(empty);
        if (token.type === close) return items;
        wanted = true;
      } else if (wanted) {
        items.push(this.element());
        wanted = false;
      } else {
        this.fail(close === 'braceClose' ? 'a comma or the closing }' : 'a comma or the closing ]');
      }
    }
  }

  private peek(): Token<string> | undefined {
    return readToken(this.text, this.at);
  }

  private element(): ElementSyntax {
    const token = this.peek();
    if (++this.depth > maxDepth) this.fail(`at most ${maxDepth} levels`);
    try {
      if (token?.type === 'quote') {
        this.at = token.end;
        return { kind: 'quoted', text: this.textUntil(token.text) };
      }
      if (token?.type === 'bracketOpen') {
        this.at = token.end;
        return { kind: 'items', items: this.sequence('bracketClose') };
      }
      if (token?.type === 'braceOpen') {
        this.at = token.end;
        return this.pairs();
      }
      return this.primitive(true);
    } finally {
      this.depth--;
    }
  }

  private pairs(): ElementSyntax {
    const pairs: { key: Scalar; value: ElementSyntax }[] = [];
    if (this.peek()?.type === 'braceClose') {
      this.at = this.peek()!.end;
      return { kind: 'pairs', pairs };
    }
    for (;;) {
      const key = this.primitive(false);
      if (this.peek()?.type !== 'colon') this.fail('a colon after the key');
      this.at = this.peek()!.end;
      pairs.push({ key: key.kind === 'value' ? key.value : '', value: this.element() });
      const next = this.peek();
      if (next?.type !== 'comma' && next?.type !== 'braceClose') this.fail('a comma or the closing }');
      this.at = next!.end;
      if (next!.type === 'braceClose') return { kind: 'pairs', pairs };
    }
  }

  /** One or more tokens: a single one has its own type, several are a string. Colons and interpolations only in values. */
  private primitive(value: boolean): ElementSyntax {
    const parts: TextSyntax['parts'] = [];
    const tokens: Token<string>[] = [];
    for (;;) {
      const token = this.peek();
      if (token?.type === 'open' && value) {
        parts.push(this.interpolation());
      } else if (token && ((token.type === 'colon' && value) || !/^(open|brace.*|quote|comma|bracket.*|colon)$/.test(token.type))) {
        this.at = token.end;
        tokens.push(token);
        parts.push(token.type === 'esc' ? unescape(token.text) : token.text);
      } else {
        break;
      }
    }
    if (parts.length === 0) this.fail('a value');
    if (parts.length > 1) return value ? { kind: 'text', parts } : { kind: 'value', value: parts.join('') };
    return tokens[0] ? { kind: 'value', value: tokenValue(tokens[0]) } : (parts[0] as InterpolationSyntax);
  }
}
