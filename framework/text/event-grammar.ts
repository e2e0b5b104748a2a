import type { EventGrammar } from '../contracts/index.js';
import { Fault } from '../faults/index.js';

interface Reader {
  markers: { part: number; phrase: string }[];
  actions: { name: string; patterns: RegExp[] }[];
}

const readers = new WeakMap<EventGrammar, Reader>();

/** The grammar made ready, once. */
function readerOf(grammar: EventGrammar): Reader {
  let reader = readers.get(grammar);
  if (!reader) {
    reader = {
      markers: grammar.parts
        .flatMap(({ markers }, part) => markers.map((phrase) => ({ part, phrase: phrase.trim().toLowerCase() })))
        .filter(({ phrase }) => phrase)
        // "at the end of the video" before "at the end", whichever part they belong to.
        .sort((a, b) => b.phrase.length - a.phrase.length),
      actions: grammar.actions.map(({ name, patterns }) => ({ name, patterns: patterns.map((source) => compile(source, name)) })),
    };
    readers.set(grammar, reader);
  }
  return reader;
}

function compile(source: string, action: string): RegExp {
  try {
    return new RegExp(source, 'g');
  } catch (cause) {
    throw new Fault('DATASET_INVALID', `the event grammar's pattern "${source}" of action "${action}" is no regular expression`, {
      expected: 'a JavaScript regular expression source for lower-case text',
      hint: 'mend the grammar of the dataset plugin',
      cause,
    });
  }
}

/** Where a sentence may begin: the start, or after a mark that ends one. */
const sentenceStart = /(?:^|[.!?;\n])[\s"'([]*/g;

/**
 * What a caption says of each part of the clip: one lower-case text per part of the grammar, in the grammar's order, empty where the
 * caption says nothing of it. A part begins at a sentence opened by one of its markers (the longest that fits) and goes on to the next
 * marker; a part that is opened twice has both texts. What stands before the first marker belongs to no part.
 * Throws Fault DATASET_INVALID where a pattern is no regular expression.
 */
export function splitParts(caption: string, grammar: EventGrammar): string[] {
  const { markers } = readerOf(grammar);
  const text = caption.toLowerCase();
  const parts = grammar.parts.map(() => '');
  let open: { part: number; from: number } | undefined;
  const close = (end: number) => {
    if (open) parts[open.part] = `${parts[open.part]} ${text.slice(open.from, end).trim()}`.trim();
  };
  for (const start of text.matchAll(sentenceStart)) {
    const at = start.index + start[0].length;
    const marker = markers.find(({ phrase }) => text.startsWith(phrase, at) && !/[\p{L}\p{N}]/u.test(text[at + phrase.length] ?? ''));
    if (!marker) continue;
    close(at);
    open = { part: marker.part, from: at + marker.phrase.length };
  }
  close(text.length);
  return parts;
}

/**
 * Names of the actions that a text says, in order of their place; the same one twice in a row counts once. Where matches overlap the
 * one that begins first holds, then the longer one, then the grammar's order. Throws Fault DATASET_INVALID where a pattern is no regular expression.
 */
export function actionsIn(text: string, grammar: EventGrammar): string[] {
  const lower = text.toLowerCase();
  const found: { name: string; start: number; end: number }[] = [];
  for (const { name, patterns } of readerOf(grammar).actions) {
    for (const pattern of patterns) {
      for (const match of lower.matchAll(pattern)) {
        if (match[0]) found.push({ name, start: match.index, end: match.index + match[0].length });
      }
    }
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const names: string[] = [];
  let end = 0;
  for (const match of found) {
    if (match.start < end) continue;
    end = match.end;
    if (names.at(-1) !== match.name) names.push(match.name);
  }
  return names;
}
