import { nfcAlignment, type AlignedCharacter } from './nfc-alignment.js';

/** Where a token stands in its text: first code point and the one after its last. */
export type TokenOffset = readonly [start: number, end: number];

/** A token of a byte-level tokenizer: either as many characters as it has bytes, or an added token that stands in the text as it is. */
export interface PlacedToken {
  text: string;
  added: { lstrip: boolean; rstrip: boolean } | null;
}

const encoder = new TextEncoder();
const blank = /\s*/y;

/**
 * Offsets in code points of the tokens that a byte-level tokenizer made of a text, as Hugging Face's `tokenizers` gives them: a token that
 * is part of a character has the offset of the whole. `nfc`: the text between added tokens was normalised. `trim`: spaces at the ends
 * of a token are left out of its offset; with `keep-first` all but one at the beginning of the text, which the tokenizer could have put there.
 */
export function tokenOffsets(
  text: string,
  tokens: readonly PlacedToken[],
  { nfc, trim }: { nfc: boolean; trim: 'none' | 'all' | 'keep-first' },
): TokenOffset[] {
  const offsets: TokenOffset[] = [];
  /** In UTF-16 units and in code points. */
  let unit = 0;
  let point = 0;
  for (let i = 0; i < tokens.length;) {
    const { text: content, added } = tokens[i]!;
    if (added) {
      const found = text.indexOf(content, unit);
      const before = text.slice(unit, found);
      const blanks = added.lstrip ? length(before) - length(before.trimEnd()) : 0;
      blank.lastIndex = found + content.length;
      const behind = added.rstrip ? blank.exec(text)![0] : '';
      const start = point + length(before) - blanks;
      const end = point + length(before) + length(content);
      const kept = trim === 'keep-first' && (i === 0 || start === 0) ? 1 : 0;
      offsets.push(trim === 'none' ? [start, end + length(behind)] : [start + Math.max(0, blanks - kept), end]);
      point = end + length(behind);
      unit = found + content.length + behind.length;
      i++;
      continue;
    }
    let end = i;
    while (end < tokens.length && !tokens[end]!.added) end++;
    const next = tokens[end];
    const until = next ? text.indexOf(next.text, unit) : text.length;
    // White space before it is the next token's.
    const section = next?.added?.lstrip ? text.slice(unit, until).trimEnd() : text.slice(unit, until);
    const origins = byteOrigins(nfc ? nfcAlignment(section) : Array.from(section, (character, origin) => ({ character, origin })));
    let byte = 0;
    for (; i < end; i++) {
      const token = Array.from(tokens[i]!.text);
      const from = byte;
      byte += token.length;
      const start = point + (origins[from] ?? length(section));
      const end = point + (origins[byte - 1] ?? length(section) - 1) + 1;
      offsets.push(trim === 'none' ? [start, end] : trimmed(token, start, end, trim === 'keep-first' && (i === 0 || start === 0)));
    }
    point += length(section);
    unit += section.length;
  }
  return offsets;
}

function length(text: string): number {
  let points = 0;
  for (const _ of text) points++;
  return points;
}

/** For each byte of the UTF-8 form, the code point of the original. */
function byteOrigins(characters: readonly AlignedCharacter[]): number[] {
  const origins: number[] = [];
  for (const { character, origin } of characters) {
    for (let bytes = character < '\u0080' ? 1 : encoder.encode(character).length; bytes > 0; bytes--) origins.push(origin);
  }
  return origins;
}

/** As `process_offsets` of the byte-level post-processor. */
function trimmed(token: readonly string[], start: number, end: number, keepFirst: boolean): TokenOffset {
  const spaces = (from: readonly string[]) => {
    const count = from.findIndex((character) => character !== 'Ġ');
    return count < 0 ? from.length : count;
  };
  const [before, behind] = [spaces(token), spaces([...token].reverse())];
  const first = before > 0 ? Math.min(start + before - Number(keepFirst), end) : start;
  return [first, behind > 0 && end >= behind ? Math.max(end - behind, first) : end];
}
