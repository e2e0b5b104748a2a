import type { Glob, ListExtension, Sweep } from './sweep-value.js';
import { Float, floatText, type Scalar } from './scalar.js';

/** A string that was written in quotes: it is passed on to the jobs of a sweep in the same quotes. */
export class Quoted {
  constructor(
    readonly text: string,
    readonly quote: "'" | '"',
  ) {}
}

/** A dict, as pairs in the order of first mention. Keys are never quoted. */
export class Dict {
  constructor(readonly pairs: [key: Scalar, value: Value][]) {}
}

/** What an override can say: an element of the grammar, or what one of its functions made. */
export type Value = Scalar | Quoted | Dict | Value[] | Sweep | Glob | ListExtension;

/** A value as the grammar reads it again: numbers and words plain, strings with their special characters escaped. Sweeps have no such form. */
export function printValue(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof Quoted) return printQuoted(value);
  if (value instanceof Float) return floatText(value.value);
  if (typeof value === 'string') return value.replace(/[\\()[\]{}:=, \t]/g, '\\$&');
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(printValue).join(',')}]`;
  if (value instanceof Dict) return `{${value.pairs.map(([key, item]) => `${printValue(key)}:${printValue(item)}`).join(',')}}`;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  throw new TypeError('a sweep within a value cannot be printed');
}

/** Backslashes before a quote are doubled, the quotes themselves escaped. */
function printQuoted({ text, quote }: Quoted): string {
  const escaped = text.replace(
    new RegExp(`(\\\\*)(${quote}|$)`, 'g'),
    (_, slashes: string, end: string) => slashes + slashes + (end && `\\${end}`),
  );
  return quote + escaped + quote;
}
