import type { Place } from '../faults/index.js';

/** A text that configuration came from: a file, or one argument of the command line. */
export interface SourceText {
  /** A file relative to where the user stands, or "command line, argument N". */
  readonly source: string;
  readonly text: string;
  /** True where line and column say nothing, as in one argument of the command line. */
  readonly single?: boolean;
}

/** An argument of the command line as a source; `number` counts from 1 behind the command's name. */
export function commandLineArgument(text: string, number: number): SourceText {
  return { source: `command line, argument ${number}`, text, single: true };
}

/** Where a value was written: UTF-16 offsets into its source. Line and column are worked out only when somebody asks. */
export interface Origin {
  readonly from: SourceText;
  readonly start: number;
  readonly end: number;
}

const maxExcerpt = 120;

/** 1-based line and column of an origin; for an argument of the command line its number only. */
export function placeOf(origin: Origin): Place {
  const { source, text, single } = origin.from;
  if (single) return { source };
  const before = text.slice(0, origin.start);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { source, line: before.split('\n').length, column: origin.start - lineStart + 1 };
}

/** The line an origin starts in and which part of it is meant; a long line is cut around that part. */
export function excerptOf(origin: Origin): { text: string; start: number; length: number } {
  const { text } = origin.from;
  const lineStart = text.slice(0, origin.start).lastIndexOf('\n') + 1;
  const next = text.indexOf('\n', origin.start);
  const lineEnd = next === -1 ? text.length : next;
  const start = origin.start - lineStart;
  const cut = Math.max(0, Math.min(start - 40, lineEnd - lineStart - maxExcerpt));
  const line = text.slice(lineStart + cut, Math.min(lineEnd, lineStart + cut + maxExcerpt)).replace(/[\t\r]/g, ' ');
  const length = Math.min(Math.max(1, Math.min(origin.end, lineEnd) - origin.start), Math.max(1, line.length - (start - cut)));
  return { text: line, start: start - cut, length };
}

/** One text for an origin: "file:line:column" or "command line, argument N". */
export function describeOrigin(origin: Origin): string {
  const { source, line, column } = placeOf(origin);
  return line === undefined ? source : `${source}:${line}:${column}`;
}
