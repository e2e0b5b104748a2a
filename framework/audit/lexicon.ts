import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../paths.js';

/** Words and phrases, and what is put in their place. */
export interface WordList {
  /** Phrases that stay as they are, though words of theirs are in the list. */
  keep: readonly string[];
  replace: Readonly<Record<string, string>>;
}

type ListName = 'opposite-emotion' | 'opposite-movement' | 'left-right' | 'appearance' | 'paraphrase';

export type Lexicon = Readonly<Record<ListName, WordList>> & { 'time-phrases': readonly string[] };

/** The audit's word lists, from framework/audit/lexicon.yaml. */
export function readLexicon(): Lexicon {
  return parse(readFileSync(join(packageRoot, 'framework', 'audit', 'lexicon.yaml'), 'utf8')) as Lexicon;
}
