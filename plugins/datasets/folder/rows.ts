import { extname } from 'node:path';
import { Fault, type Place } from 'mienlab/faults';
import { parseCsv } from './csv.js';

/** One clip as a dataset file tells it, not yet checked. */
export interface Row {
  /** Where it begins. */
  where: Place;
  values: Readonly<Record<string, unknown>>;
}

const known = ['.json', '.jsonl', '.csv'] as const;

/**
 * The rows of a dataset file, by its ending: `.json` a list of objects, `.jsonl` an object a line, `.csv` a header and a row a clip. `source` names
 * it in faults. Throws Fault DATASET_INVALID with the place where its form is broken.
 */
export function readRows(text: string, source: string): Row[] {
  const ending = extname(source).toLowerCase();
  if (ending === '.json') return readJson(text, source);
  if (ending === '.jsonl') return readJsonLines(text, source);
  if (ending === '.csv') return parseCsv(text, source);
  throw new Fault('DATASET_INVALID', `${source} is not a dataset file`, {
    where: { source },
    expected: 'a folder of videos, or a file',
    known,
  });
}

function readJsonLines(text: string, source: string): Row[] {
  return text.split('\n').flatMap((line, i) => {
    if (!line.trim()) return [];
    const where = { source, line: i + 1 };
    return [{ where, values: asObject(parse(line, source, i), where) }];
  });
}

function readJson(text: string, source: string): Row[] {
  const list = parse(text, source, 0);
  if (!Array.isArray(list)) {
    throw new Fault('DATASET_INVALID', 'the file is not a list', {
      where: { source, line: 1 },
      expected: 'a JSON list of objects, one a clip',
    });
  }
  const lines = elementLines(text);
  return list.map((item: unknown, i) => {
    const where = { source, line: lines[i] };
    return { where, values: asObject(item, where) };
  });
}

/** `above` lines stand before the text in its file. */
function parse(text: string, source: string, above: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // V8 says where as "position N"; a text that ends too early has no position.
    const position = Number(/position (\d+)/.exec((cause as Error).message)?.[1] ?? text.length);
    const before = text.slice(0, position).split('\n');
    const where = { source, line: above + before.length, column: before.at(-1)!.length + 1 };
    throw new Fault('DATASET_INVALID', `the JSON is malformed here (${(cause as Error).message})`, { where, expected: 'JSON', cause });
  }
}

function asObject(value: unknown, where: Place): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const what = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw new Fault('DATASET_INVALID', `a clip is ${what}`, { where, expected: 'an object such as {"video": "a.mp4", "caption": "..."}' });
}

/** 1-based line on which each element of a well-formed JSON list begins. */
function elementLines(text: string): number[] {
  const lines: number[] = [];
  let line = 1;
  let depth = 0;
  let waiting = false;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\n') line++;
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
      continue;
    }
    if (/\s/.test(char)) continue;
    if (waiting && char !== ']') lines.push(line);
    waiting = false;
    if (char === '"') quoted = true;
    else if (char === '[' || char === '{') waiting = depth++ === 0;
    else if (char === ']' || char === '}') depth--;
    else if (char === ',' && depth === 1) waiting = true;
  }
  return lines;
}
