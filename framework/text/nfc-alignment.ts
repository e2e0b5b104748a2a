/** A character (code point) of a normalised text, and the index of the code point of the original that it stands for. */
export interface AlignedCharacter {
  character: string;
  origin: number;
}

/**
 * Unicode normalisation form C of a text with the origin of each of its characters, by the rules of Hugging Face's `tokenizers`
 * (its `unicode-normalization-alignments` crate): a composed character stands for the first of what it was made of, one that a
 * decomposition added for the one before it, and marks that change places keep the places.
 */
export function nfcAlignment(text: string): AlignedCharacter[] {
  if (text.normalize('NFC') === text) return Array.from(text, (character, origin) => ({ character, origin }));
  let consumed = 0;
  return composed(decomposed(text)).map(({ character, change }) => {
    const origin = change > 0 ? Math.max(0, consumed - 1) : consumed;
    if (change <= 0) consumed += 1 - change;
    return { character, origin };
  });
}

/** `change`: 1 where the character was added, 0 where it replaces one, -n where it replaces one and swallows n more. */
interface Changed {
  character: string;
  change: number;
}

function decomposed(text: string): Changed[] {
  const result: Changed[] = [];
  let run = 0;
  for (const original of text) {
    for (const [i, character] of Array.from(original.normalize('NFD')).entries()) {
      if (!isMark(character)) run = result.length;
      // Marks are put in canonical order as they come; the order among equals stays.
      let at = result.length;
      while (at > run && isMark(result[at - 1]!.character) && goesBefore(character, result[at - 1]!.character)) at--;
      result.splice(at, 0, { character, change: i ? 1 : 0 });
    }
  }
  return result;
}

/** The canonical composition algorithm (Unicode, section 3.11). */
function composed(characters: readonly Changed[]): Changed[] {
  const result: Changed[] = [];
  let starter = -1;
  for (const { character, change } of characters) {
    const before = result.at(-1);
    if (starter >= 0 && before) {
      const blocked = result.length - 1 > starter && !(isMark(character) && goesBefore(before.character, character));
      const base = result[starter]!;
      const together = (base.character + character).normalize('NFC');
      if (!blocked && Array.from(together).length === 1) {
        base.character = together;
        base.change += change - 1;
        continue;
      }
    }
    if (!isMark(character)) starter = result.length;
    result.push({ character, change });
  }
  return result;
}

/** The only character of the highest combining class, 240: every other mark goes before it. */
const lastMark = '\u0345';

/** Whether the canonical combining class is not 0. */
function isMark(character: string): boolean {
  return character >= '\u0300' && (character === lastMark || goesBefore(character, lastMark));
}

/** Whether canonical ordering swaps the two where `second` stands first: class(first) < class(second), neither 0. */
function goesBefore(first: string, second: string): boolean {
  return (
    (second + first).normalize('NFD') === (first + second).normalize('NFD') &&
    (first + second).normalize('NFD') === first + second &&
    first !== second
  );
}
