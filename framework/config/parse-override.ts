import { Fault, nearest } from '../faults/index.js';
import { faultAt } from './fault-at.js';
import type { SourceText } from './origin.js';
import { CallError } from './override-casts.js';
import { callFunction, functionNames } from './override-functions.js';
import { Dict, Quoted, type Value } from './override-value.js';
import type { Scalar } from './scalar.js';
import { ChoiceSweep, isSweep } from './sweep-value.js';
import { type Token, tokenReader, tokenValue, unescape } from './value-token.js';

/** One override: `key=v` changes, `+key=v` adds, `++key=v` does either, `~key` deletes. */
export interface Override {
  action: 'change' | 'add' | 'force' | 'delete';
  /** A dotted key, or a config group with slashes. */
  key: string;
  /** What stands behind @. */
  package: string | undefined;
  value: Value;
  from: SourceText;
  /** Where the value begins in the text. */
  valueStart: number;
}

type Type =
  'popen' | 'comma' | 'pclose' | 'bracketOpen' | 'bracketClose' | 'braceOpen' | 'braceClose' | 'colon' | 'equal' | 'quoted' | 'reference';

const readToken = tokenReader<Type>(
  {
    popen: '[ \\t]*\\([ \\t]*',
    comma: '[ \\t]*,[ \\t]*',
    pclose: '[ \\t]*\\)',
    bracketOpen: '\\[[ \\t]*',
    bracketClose: '[ \\t]*\\]',
    braceOpen: '\\{[ \\t]*',
    braceClose: '[ \\t]*\\}',
    colon: '[ \\t]*:[ \\t]*',
    equal: '[ \\t]*=[ \\t]*',
  },
  {
    quoted: '"(?:(?:\\\\\\\\)*|[^]*?[^\\\\](?:\\\\\\\\)*)"|\'(?:(?:\\\\\\\\)*|[^]*?[^\\\\](?:\\\\\\\\)*)\'',
    reference: '\\$\\{[^}]+\\}',
  },
);
const word = '[a-zA-Z_$][a-zA-Z0-9_$-]*';
const name = '[a-zA-Z_][a-zA-Z0-9_-]*';
const step = `(?:${word}|0|[1-9](?:_?[0-9])*)`;
const packageRule = `${step}(?:\\.${step})+|${word}`;
const keyRule = new RegExp(`(\\+\\+?|~)?(?:(${name}(?:/${name})+)|(${packageRule})|)(?:@(${packageRule}|))?(=[ \\t]*|$)`, 'y');
const maxDepth = 100;
const maxLength = 1 << 16;

/** The key of an override as its group or value is addressed: group@package. */
export function overrideKey({ key, package: to }: Pick<Override, 'key' | 'package'>): string {
  return to === undefined ? key : `${key}@${to}`;
}

export const actionSign = { change: '', add: '+', force: '++', delete: '~' } as const;

/** Parses one override by Hydra 1.3's grammar. Throws a Fault OVERRIDE_SYNTAX with the place within the text. */
export function parseOverride(from: SourceText): Override {
  const { text } = from;
  if (text.length > maxLength)
    throw new Fault('CONFIG_TOO_LARGE', `an override of more than ${maxLength} characters`, { where: { source: from.source } });
  keyRule.lastIndex = 0;
  const match = keyRule.exec(text);
  const action = ({ '+': 'add', '++': 'force', '~': 'delete' } as const)[match?.[1] ?? ''] ?? 'change';
  if (!match || (match[5] === '' && action !== 'delete')) {
    const end = /^[+~]*[\w$./@-]*/.exec(text)![0].length;
    const hint = text.includes('=') ? undefined : `write ${text === '' ? 'KEY' : text}=VALUE`;
    throw faultAt({ from, start: Math.min(end, text.length), end: end + 1 }, 'OVERRIDE_SYNTAX', 'this is not an override', {
      expected: 'key=value, +key=value, ++key=value, ~key or group=option',
      hint,
    });
  }
  const valueStart = match[0].length;
  const value = match[5] === '' ? null : valueStart === text.length ? '' : new ValueParser(from, valueStart).whole();
  return { action, key: match[2] ?? match[3] ?? '', package: match[4], value, from, valueStart };
}

class ValueParser {
  private readonly tokens: Token<Type>[] = [];
  private next = 0;
  private depth = 0;

  constructor(
    private readonly from: SourceText,
    start: number,
  ) {
    for (let at = start; at < from.text.length;) {
      const token = readToken(from.text, at);
      if (!token)
        this.fail(
          at,
          at + 1,
          `the character ${JSON.stringify(String.fromCodePoint(from.text.codePointAt(at)!))} is not possible here`,
          'put the value in quotes',
        );
      this.tokens.push(token);
      at = token.end;
    }
  }

  whole(): Value {
    const first = this.element();
    const items = [first];
    while (this.take('comma')) items.push(this.element());
    const rest = this.tokens[this.next];
    if (rest)
      this.fail(rest.start, rest.end, `"${rest.text.trim()}" is not possible here`, 'put the value in quotes if it is meant as text');
    if (items.length === 1) return first;
    if (items.some(isSweep)) this.fail(this.tokens[0]!.start, this.from.text.length, 'a sweep cannot stand within a sweep');
    return new ChoiceSweep(items, true);
  }

  private fail(start: number, end: number, message: string, hint?: string, expected?: string): never {
    throw faultAt({ from: this.from, start, end }, 'OVERRIDE_SYNTAX', message, { hint, expected });
  }

  private failNext(expected: string): never {
    const token = this.tokens[this.next];
    const end = this.from.text.length;
    if (token) this.fail(token.start, token.end, `"${token.text.trim() || ' '}" is not possible here`, undefined, expected);
    this.fail(end, end, 'the value ends too early', undefined, expected);
  }

  private take(type: Type): Token<Type> | undefined {
    return this.tokens[this.next]?.type === type ? this.tokens[this.next++] : undefined;
  }

  private element(): Value {
    const token = this.tokens[this.next];
    if (++this.depth > maxDepth) this.fail(token?.start ?? 0, token?.end ?? 1, `values are nested more than ${maxDepth} deep`);
    const value = this.take('bracketOpen')
      ? this.list()
      : this.take('braceOpen')
        ? this.dict()
        : this.isCall()
          ? this.call()
          : this.primitive(true);
    this.depth--;
    return value;
  }

  private isCall(): boolean {
    return this.tokens[this.next]?.type === 'id' && this.tokens[this.next + 1]?.type === 'popen';
  }

  private list(): Value[] {
    const items: Value[] = [];
    if (this.take('bracketClose')) return items;
    do items.push(this.element());
    while (this.take('comma'));
    if (!this.take('bracketClose')) this.failNext('a comma or the closing ]');
    return items;
  }

  private dict(): Dict {
    const pairs: [Scalar, Value][] = [];
    if (this.take('braceClose')) return new Dict(pairs);
    do {
      const key = this.primitive(false) as Scalar;
      if (!this.take('colon')) this.failNext('a colon after the key (keys stand without quotes)');
      const value = this.element();
      const old = pairs.find(([each]) => each === key);
      if (old) old[1] = value;
      else pairs.push([key, value]);
    } while (this.take('comma'));
    if (!this.take('braceClose')) this.failNext('a comma or the closing }');
    return new Dict(pairs);
  }

  private call(): Value {
    const id = this.tokens[this.next]!;
    this.next += 2;
    const positional: Value[] = [];
    const named: Record<string, Value> = {};
    if (!this.take('pclose')) {
      do {
        const key = this.tokens[this.next];
        if (key?.type === 'id' && this.tokens[this.next + 1]?.type === 'equal') {
          this.next += 2;
          named[key.text] = this.element();
        } else if (Object.keys(named).length > 0) {
          this.failNext('arguments by name stand after those by position');
        } else {
          positional.push(this.element());
        }
      } while (this.take('comma'));
      if (!this.take('pclose')) this.failNext('a comma or the closing )');
    }
    const end = this.tokens[this.next - 1]!.end;
    if (!functionNames.includes(id.text)) {
      throw faultAt({ from: this.from, start: id.start, end: id.end }, 'OVERRIDE_SYNTAX', `no function is called "${id.text}"`, {
        nearest: nearest(id.text, functionNames),
        known: functionNames,
        hint: 'put the value in quotes if it is meant as text',
      });
    }
    try {
      return callFunction(id.text, positional, named);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      this.fail(id.start, end, `${id.text}(): ${error.message}`);
    }
  }

  /** One or more tokens; white space around is dropped. A single one has its own type, several are a string. */
  private primitive(value: boolean): Scalar | Quoted {
    const quoted = value ? this.take('quoted') : undefined;
    if (quoted) return unquote(quoted.text);
    const first = this.next;
    const allowed = /^(float|int|bool|null|char|id|esc|space)$/;
    for (let token = this.tokens[this.next]; token; token = this.tokens[this.next]) {
      if (!allowed.test(token.type) && !(value && (token.type === 'colon' || token.type === 'reference'))) break;
      this.next++;
    }
    const tokens = this.tokens.slice(first, this.next);
    if (tokens.length === 0) this.failNext(value ? 'a value' : 'a key');
    if (tokens[0]!.type === 'space') tokens.shift();
    if (tokens.at(-1)?.type === 'space') tokens.pop();
    if (tokens.length === 0) this.failNext('more than white space');
    return tokens.length === 1
      ? tokenValue(tokens[0]!)
      : tokens.map((token) => (token.type === 'esc' ? unescape(token.text) : token.text)).join('');
  }
}

/** Takes off the quotes; backslashes count only before a quote of the same kind. */
function unquote(text: string): Quoted {
  const quote = text[0] as "'" | '"';
  const inner = text.slice(1, -1);
  const rule = new RegExp(`(\\\\+)(${quote}|$)`, 'g');
  return new Quoted(
    inner.replace(rule, (_, slashes: string, end: string) => '\\'.repeat(Math.floor(slashes.length / 2)) + end),
    quote,
  );
}
