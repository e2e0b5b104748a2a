import { nfcAlignment, type AlignedCharacter } from './nfc-alignment.js';

/** Where a token stands in its text: first code point and the one after its last. */
export type TokenOffset = readonly [start: number, end: number];

/** A token of a byte-level tokenizer: either as many characters as it has bytes, or an added token that stands in the text as it is. */
export interface PlacedToken {
  text: string;
  added: { lstrip: boolean; rstrip: boolean } | null;
}

const encoder = new TextEncoder();

/**
 * Offsets in code points of the tokens that a byte-level tokenizer made of a text, as Hugging Face's `tokenizers` gives them: a token that
 * is part of a character has the offset of the whole. `nfc`: the text between added tokens was normalised. `trim`: white space at
 * the ends of a token is left out of its offset.
 */
export function tokenOffsets(text: string, tokens: readonly PlacedToken[], { nfc, trim }: { nfc: boolean; trim: boolean }): TokenOffset[] {
  const offsets: TokenOffset[] = [];
  /** In UTF-16 units and in code points. */
  let unit = 0;
  let point = 0;
  for (let i = 0; i < tokens.length;) {
    const { text: content, added } = tokens[i]!;
    if (added) {
      const found = text.indexOf(content, unit);
      const before = text.slice(unit, found);
      let after = found + content.length;
      if (added.rstrip) after += text.slice(after).length - text.slice(after).trimStart().length;
      const start = point + length(added.lstrip ? before.trimEnd() : before);
      point += length(text.slice(unit, after));
      unit = after;
      offsets.push([start, point]);
      i++;
      continue;
    }
    let end = i;
    while (end < tokens.length && !tokens[end]!.added) end++;
    const next = tokens[end];
    const until = next ? text.indexOf(next.text, unit) : text.length;
    const section = text.slice(unit, until);
    const origins = byteOrigins(nfc ? nfcAlignment(section) : Array.from(section, (character, origin) => ({ character, origin })));
    let byte = 0;
    for (; i < end; i++) {
      const token = Array.from(tokens[i]!.text);
      const from = byte;
      byte += token.length;
      const [left, right] = trim ? blanks(token) : [0, 0];
      offsets.push([point + (origins[from + left] ?? length(section)), point + (origins[byte - 1 - right] ?? length(section) - 1) + 1]);
    }
    point += length(section);
    unit = until;
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

/** How many characters at the ends of a byte-level token are blanks: its letters for white-space bytes, at most all but none twice. */
function blanks(token: readonly string[]): [number, number] {
  const blank = (character: string) => character === 'Ġ' || /\p{White_Space}/u.test(character);
  let left = 0;
  while (left < token.length && blank(token[left]!)) left++;
  let right = 0;
  while (right < token.length - left && blank(token[token.length - 1 - right]!)) right++;
  return [left, right];
}
