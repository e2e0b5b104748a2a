import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Fault, FaultList, nearest, type Place } from '../../faults/index.js';
import { scanJson } from '../json/scan-json.js';
import { JsonTrouble } from '../json/walk-json.js';

/** The captions of one item of a file of predictions or references. */
export interface CaptionEntry {
  id: string;
  /** One or more. */
  captions: readonly string[];
  /** What else the file says of the item, such as its video. */
  fields: Readonly<Record<string, unknown>>;
  where: Place;
}

interface Item {
  where: Place;
  id: unknown;
  caption: unknown;
  fields: Record<string, unknown>;
}

const forms = '{"ID": "caption"}, [{"id": "ID", "caption": "..."}] or, in a .jsonl file, one {"id", "caption"} a line';
/** More faults of one file than this are counted only. */
const shown = 20;

function placeAt(text: string, offset: number, source: string, linesAbove = 0): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { source, line: linesAbove + before.split('\n').length, column: offset - lineStart + 1 };
}

function invalid(message: string, where: Place, expected = forms, hint?: string): Fault {
  return new Fault('CAPTIONS_INVALID', message, { where, expected, hint });
}

/** Bytes as text. Throws where they are no UTF-8; a byte order mark is passed over. */
function decode(bytes: Uint8Array, source: string): string {
  const first = Buffer.from(bytes.subarray(0, 2)).toString('hex');
  if (first === 'fffe' || first === 'feff') throw invalid('is in UTF-16', { source }, 'UTF-8', 'save it as UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Lenient decoding writes U+FFFD for the first wrong byte, so that what it gives differs from there on.
    const lenient = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    const at = lenient.findIndex((byte, i) => byte !== bytes[i]);
    const before = lenient.subarray(0, at).toString();
    throw invalid('is no UTF-8 from here on', placeAt(before, before.length, source), 'UTF-8', 'save it as UTF-8');
  }
}

function parsed(text: string, source: string, linesAbove = 0): { value: unknown; starts: ReturnType<typeof scanJson> } {
  try {
    const starts = scanJson(text);
    return { value: JSON.parse(text) as unknown, starts };
  } catch (cause) {
    if (!(cause instanceof JsonTrouble)) throw cause;
    const where = placeAt(text, cause.offset, source, linesAbove);
    const lines = /the end of the text/.test(cause.message) && /^\s*\{/.test(text.slice(cause.offset));
    const hint = lines ? 'one object a line is JSONL: give the file the ending .jsonl' : undefined;
    throw new Fault('CAPTIONS_INVALID', `the JSON is broken here: ${cause.message}`, { where, expected: 'JSON', hint, cause });
  }
}

function fromRecord(value: unknown, where: Place): Item {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
    throw invalid(`an item is ${what}`, where, 'an object such as {"id": "7", "caption": "..."}');
  }
  const { id, caption, captions, ...fields } = value as Record<string, unknown>;
  return { where, id, caption: caption ?? captions, fields };
}

function itemsOf(text: string, source: string): Item[] {
  if (['.jsonl', '.ndjson'].includes(extname(source).toLowerCase())) {
    return text.split('\n').flatMap((line, i) => {
      if (!line.trim()) return [];
      const where = { source, line: i + 1 };
      return [fromRecord(parsed(line, source, i).value, where)];
    });
  }
  const { value, starts } = parsed(text, source);
  // One pass for all places: most files have a line for every item.
  let line = 1;
  let lineStart = 0;
  const places = starts.map(({ start }) => {
    for (let end = text.indexOf('\n', lineStart); end >= 0 && end < start; end = text.indexOf('\n', lineStart)) {
      line++;
      lineStart = end + 1;
    }
    return { source, line, column: start - lineStart + 1 };
  });
  if (Array.isArray(value)) return value.map((item, i) => fromRecord(item, places[i]!));
  if (typeof value !== 'object' || value === null) throw invalid('is neither an object nor a list', { source, line: 1, column: 1 });
  const record = value as Record<string, unknown>;
  return starts.map(({ key }, i) => ({ where: places[i]!, id: key, caption: record[key!], fields: {} }));
}

/**
 * Captions by id from the text of a file: {id: caption}, a list of {id, caption} or, in a .jsonl file, one such object a line. A caption may be
 * a list of captions; what else an object holds is kept in `fields`. Throws Fault or FaultList CAPTIONS_INVALID, with line and column, for broken
 * JSON, other forms, and an id that stands twice.
 */
export function parseCaptionFile(text: string, source: string): CaptionEntry[] {
  const faults: Fault[] = [];
  const first = new Map<string, Place>();
  const entries: CaptionEntry[] = [];
  for (const { where, id, caption, fields } of itemsOf(text, source)) {
    const name = typeof id === 'number' ? String(id) : id;
    if (typeof name !== 'string' || name === '') {
      faults.push(
        invalid(id === undefined ? 'an item has no "id"' : `an id is ${JSON.stringify(id)}`, where, 'a text or a number as "id"'),
      );
      continue;
    }
    const captions = Array.isArray(caption) ? (caption as unknown[]) : [caption];
    if (captions.length === 0 || captions.some((one) => typeof one !== 'string')) {
      const meant = caption === undefined ? nearest('caption', Object.keys(fields)) : undefined;
      const what =
        caption === undefined
          ? `has no "caption"${meant ? `, but "${meant}"` : ''}`
          : `has the caption ${JSON.stringify(caption)?.slice(0, 40)}`;
      faults.push(invalid(`item "${name}" ${what}`, where, 'a text, or a list of texts'));
      continue;
    }
    const before = first.get(name);
    if (before) {
      faults.push(
        invalid(`the id "${name}" stands twice, first in line ${before.line}`, where, 'one item an id; several captions as a list'),
      );
      continue;
    }
    first.set(name, where);
    entries.push({ id: name, captions: captions as string[], fields, where });
  }
  if (faults.length > shown) faults.splice(shown, Infinity, invalid(`and ${faults.length - shown} more like these`, { source }));
  if (faults.length === 1) throw faults[0]!;
  if (faults.length) throw new FaultList(faults);
  if (entries.length === 0) throw invalid('holds no captions', { source });
  return entries;
}

/** `parseCaptionFile` of a file in UTF-8. Throws Fault CAPTIONS_INVALID also where it cannot be read or is in another encoding. */
export function readCaptionFile(path: string): CaptionEntry[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Fault('CAPTIONS_INVALID', missing ? 'there is no such file' : `cannot be read: ${(cause as Error).message}`, {
      where: { source: path },
      cause,
    });
  }
  return parseCaptionFile(decode(bytes, path), path);
}
