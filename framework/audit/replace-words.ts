import type { WordList } from './lexicon.js';

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * A function that replaces a list's words and phrases in one pass, the longest first, as whole words (a hyphen belongs to its word). A capital at
 * the start of what is replaced is kept. Gives null where nothing was replaced.
 */
export function wordReplacer({ keep, replace }: WordList): (text: string) => string | null {
  const kept = new Set(keep);
  const phrases = [...kept, ...Object.keys(replace)].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(?<![\\w-])(?:${phrases.map(escaped).join('|')})(?![\\w-])`, 'gi');
  return (text) => {
    let count = 0;
    const replaced = text.replace(pattern, (found) => {
      const phrase = found.toLowerCase();
      const other = kept.has(phrase) ? undefined : replace[phrase];
      if (other === undefined) return found;
      count++;
      return found[0] === phrase[0] ? other : other[0]!.toUpperCase() + other.slice(1);
    });
    return count ? replaced : null;
  };
}
