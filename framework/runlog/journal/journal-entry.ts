/** A number that JSON can carry: NaN and infinities by name. */
export type JournalNumber = number | 'NaN' | 'Infinity' | '-Infinity';

/** What a line of the journal says, without its number and time. `run` is a local run id, `file` a path from the run folder on. */
export type JournalFact =
  | { type: 'open'; version: 1; pid: number; host: string; started: string; experiment: string; tracking: string }
  | { type: 'start'; run: string; name: string; parent?: string }
  | { type: 'resume'; run: string }
  | { type: 'params' | 'tags'; run: string; values: Record<string, string> }
  | { type: 'metrics'; run: string; step: number; values: Record<string, JournalNumber> }
  | { type: 'artifact' | 'table'; run: string; path: string; file: string }
  | { type: 'image'; run: string; key: string; step: number; file: string }
  | { type: 'dataset'; run: string; name: string; digest: string; context: string; source: string; schema?: string; profile?: string }
  | { type: 'note'; run: string; text: string }
  | { type: 'end'; run: string; status: 'FINISHED' | 'FAILED' | 'KILLED' }
  | { type: 'close' };

/** One line: `seq` grows from 1, `time` is in ms since 1970. */
export type JournalEntry = JournalFact & { seq: number; time: number };

export function toJournalNumber(value: number): JournalNumber {
  return Number.isFinite(value) ? value : (String(value) as JournalNumber);
}
