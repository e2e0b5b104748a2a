import type { Split } from 'mienlab/contracts';

export const splits = ['train', 'validation', 'test'] as const satisfies readonly Split[];

/** Which key of an entry holds what; those without a name are not there. */
export interface Columns {
  /** Alpaca: instruction, input, answer, earlier pairs. */
  prompt: string;
  query: string;
  response: string;
  history?: string;
  /** Sharegpt: the list of turns. */
  messages: string;
  system?: string;
  videos?: string;
  images?: string;
  /** What cannot be used: a fault where an entry has something there. */
  unused: readonly string[];
}

/** Keys and values in a turn of a chat. */
export interface Tags {
  role: string;
  content: string;
  user: string;
  assistant: string;
  system: string;
  observation: string;
  function: string;
}

/** How entries are built. Open: decided by the first entry. */
export type Form =
  { name: 'auto' } | { name: 'captions' } | { name: 'alpaca'; columns: Columns } | { name: 'sharegpt'; columns: Columns; tags: Tags };

/** A part of a mixture: files of one form. */
export interface DataSource {
  name: string;
  /** Absolute, with the name that faults give them. */
  files: readonly { path: string; shown: string }[];
  form: Form;
  /** Absolute folder that paths of media go from and must stay in. */
  root: string;
  weight: number;
  split?: Split;
  /** Draw so many entries; all where absent. */
  count?: number;
}

export const defaultColumns: Columns = {
  prompt: 'instruction',
  query: 'input',
  response: 'output',
  messages: 'conversations',
  unused: [],
};

export const shareGptTags: Tags = {
  role: 'from',
  content: 'value',
  user: 'human',
  assistant: 'gpt',
  system: 'system',
  observation: 'observation',
  function: 'function_call',
};

/** OpenAI's names. */
export const openAiTags: Tags = { ...shareGptTags, role: 'role', content: 'content', user: 'user', assistant: 'assistant' };
