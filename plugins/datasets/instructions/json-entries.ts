import { closeSync, openSync, readSync } from 'node:fs';
import type { DataPlace, DataProblem } from 'mienlab/contracts';
import { jsonError } from 'mienlab/text';

/** One entry of a data file. */
export interface Entry {
  /** Where it begins. */
  where: DataPlace;
  text: string;
  value: unknown;
}

const chunkSize = 1 << 20;
/** Longer entries are taken for a broken file. Bytes. */
const longest = 64 << 20;
const utf8 = new TextDecoder('utf-8', { fatal: true });
const [quote, backslash, comma, newline] = [34, 92, 44, 10];
const [open, close] = ['[{', ']}'].map((pair) => [...pair].map((char) => char.charCodeAt(0)));
const isBlank = (byte: number) => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/** A place within a text that stands at `where`, from its offset in UTF-16 units. */
export function placeIn({ source, line = 1, column = 1 }: DataPlace, text: string, offset: number): Required<DataPlace> {
  let [lines, start] = [0, 0];
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', start)) [lines, start] = [lines + 1, at + 1];
  return { source, line: line + lines, column: lines ? offset - start + 1 : column + offset };
}

/**
 * The entries of a JSON list, or of JSON Lines, and what is no JSON, one after the other: at most one entry and a mebibyte are held at a time.
 * A file that begins with `[` is a list. What is broken in a line is passed over; a list ends where it is broken.
 */
export function* jsonEntries(file: string, source: string): Generator<Entry | DataProblem> {
  const reader = new ChunkReader(file);
  try {
    const first = reader.firstByte();
    if (first === undefined) {
      yield { where: { source, line: 1 }, problem: 'no entry', message: 'the file is empty', expected: 'an entry at least' };
    } else yield* first === open![0] ? listEntries(reader, source) : lineEntries(reader, source);
  } finally {
    reader.close();
  }
}

/** A file piece by piece. `bytes` is what was read and not yet let go of. */
class ChunkReader {
  bytes: Buffer = Buffer.alloc(0);
  readonly #file: number;

  constructor(file: string) {
    this.#file = openSync(file, 'r');
  }

  /** Lets go of what stands before `from` and reads on; false at the end of the file. */
  more(from: number): boolean {
    const chunk = Buffer.allocUnsafe(chunkSize);
    const count = readSync(this.#file, chunk, 0, chunkSize, null);
    const kept = this.bytes.subarray(from);
    this.bytes = kept.length ? Buffer.concat([kept, chunk.subarray(0, count)]) : chunk.subarray(0, count);
    return count > 0;
  }

  /** The first byte that is no blank, and no byte order mark, which is let go of. */
  firstByte(): number | undefined {
    // Blanks are kept: they count as lines.
    while (this.more(0)) {
      if (this.bytes[0] === 0xef && this.bytes[1] === 0xbb && this.bytes[2] === 0xbf) this.bytes = this.bytes.subarray(3);
      const found = this.bytes.find((byte) => !isBlank(byte));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function* lineEntries(reader: ChunkReader, source: string): Generator<Entry | DataProblem> {
  let [line, start, searched, more] = [1, 0, 0, true];
  for (;;) {
    const end = reader.bytes.indexOf(newline, searched);
    if (end < 0 && more) {
      if (reader.bytes.length - start > longest) return yield tooLong({ source, line });
      searched = reader.bytes.length - start;
      more = reader.more(start);
      start = 0;
      continue;
    }
    const bytes = reader.bytes.subarray(start, end < 0 ? undefined : end);
    if (bytes.some((byte) => !isBlank(byte))) yield parsed(bytes, { source, line, column: 1 });
    if (end < 0) return;
    [start, searched, line] = [end + 1, end + 1, line + 1];
  }
}

function* listEntries(reader: ChunkReader, source: string): Generator<Entry | DataProblem> {
  let place: Required<DataPlace> = { source, line: 1, column: 1 };
  const broken = (message: string, expected: string): DataProblem => ({ where: place, problem: 'broken JSON', message, expected });
  let [at, depth, closed, separated, entries] = [0, 0, false, true, 0];
  for (;;) {
    if (at >= reader.bytes.length) {
      if (reader.more(at)) at = 0;
      else break;
      continue;
    }
    const byte = reader.bytes[at]!;
    if (closed && !isBlank(byte)) return yield broken('there is more after the end of the list', 'nothing');
    if (byte === newline) place = { source, line: place.line + 1, column: 0 };
    else if (isBlank(byte)) {
      // Passed over.
    } else if (!depth) depth = 1;
    else if (byte === close![0]) {
      if (separated && entries) return yield broken('a comma before the end of the list', 'an entry');
      closed = true;
    } else if (byte === comma) {
      if (separated) return yield broken('a comma without an entry before it', 'an entry');
      separated = true;
    } else {
      if (!separated) return yield broken('no comma between two entries', 'a comma');
      const end = entryEnd(reader, at);
      if (end === undefined) {
        return yield reader.bytes.length > longest
          ? tooLong(place)
          : broken('the file ends within this entry', 'the end of the entry, and "]"');
      }
      const bytes = reader.bytes.subarray(0, end);
      const entry = parsed(bytes, place);
      yield entry;
      // Where one entry is broken, what follows need not be one.
      if ('problem' in entry && entry.problem === 'broken JSON') {
        return yield broken('the rest of the list is not looked at', 'JSON up to here');
      }
      const text = 'text' in entry ? entry.text : bytes.toString();
      place = placeIn(place, text, text.length);
      [at, separated, entries] = [end, false, entries + 1];
      continue;
    }
    place = { ...place, column: place.column + 1 };
    at++;
  }
  if (!closed) yield broken('the file ends within the list', '"]"');
}

/** Where an entry ends that begins at `start`; what stands before it is let go of. Undefined where the file ends before, or it is too long. */
function entryEnd(reader: ChunkReader, start: number): number | undefined {
  reader.bytes = reader.bytes.subarray(start);
  let [depth, quoted, at] = [0, false, 0];
  for (;;) {
    const { bytes } = reader;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (quoted) {
        if (byte === backslash) at++;
        else if (byte === quote) quoted = false;
      } else if (byte === quote) quoted = true;
      else if (open!.includes(byte)) depth++;
      else if (close!.includes(byte)) {
        if (depth === 0) return at;
        if (--depth === 0) return at + 1;
      } else if (depth === 0 && (byte === comma || isBlank(byte))) return at;
    }
    if (bytes.length > longest || !reader.more(0)) return undefined;
  }
}

function tooLong(where: DataPlace): DataProblem {
  const message = `an entry of more than ${longest >> 20} MiB: the rest is not looked at`;
  return { where, problem: 'broken JSON', message, expected: 'entries of text, with paths of videos' };
}

function parsed(bytes: Buffer, where: DataPlace): Entry | DataProblem {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    const offset = bytes.toString().indexOf('\ufffd');
    return {
      where: placeIn(where, bytes.toString(), offset),
      problem: 'not UTF-8',
      message: 'these bytes are no UTF-8',
      expected: 'text in UTF-8',
    };
  }
  try {
    return { where, text, value: JSON.parse(text) as unknown };
  } catch {
    const offset = jsonError(text) ?? 0;
    const near = text.slice(offset, offset + 20).trimEnd();
    const message = near ? `the JSON is broken at ${JSON.stringify(near)}` : 'the JSON ends too early';
    return { where: placeIn(where, text, offset), problem: 'broken JSON', message };
  }
}
