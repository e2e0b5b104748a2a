import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '../../faults/index.js';
import type { PromptName } from './judge-prompts.js';

/** One question and its answer, as a line of a recording has it. */
export interface RecordedAnswer {
  ask: PromptName;
  /** What the question holds: `{caption}`, `{caption, events}` or `{question, reference, prediction}`. */
  input: Readonly<Record<string, unknown>>;
  /** Events, relations, or ratings once a repeat. */
  answer: unknown;
}

/** Of one question, the same for equal ones. */
export function questionKey(ask: string, input: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([ask, Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** What a recording holds: the id of the judge that answered, and its answers by question. */
export interface Recording {
  judge: string;
  answers: ReadonlyMap<string, unknown>;
}

/**
 * Reads a recording: JSON lines, the first `{"judge": id}`, the others a `RecordedAnswer` each. Of equal questions the last answer counts.
 * Throws Fault ASSET_MISSING where there is no file, JUDGE_FAILED with its line where it is damaged.
 */
export async function readRecording(path: string): Promise<Recording> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new Fault('ASSET_MISSING', 'the recording of a judge cannot be read', {
      where: { source: path },
      hint: 'record one with the option "record" of another judge',
      cause,
    });
  }
  const answers = new Map<string, unknown>();
  let judge: string | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.trim()) continue;
    const entry = parsed(line);
    if (judge === undefined && typeof entry?.['judge'] === 'string') judge = entry['judge'];
    else if (judge !== undefined && typeof entry?.['ask'] === 'string' && isRecord(entry['input']) && 'answer' in entry) {
      answers.set(questionKey(entry['ask'], entry['input']), entry['answer']);
    } else {
      throw new Fault('JUDGE_FAILED', 'a line of the recording is damaged', {
        where: { source: path, line: index + 1 },
        expected: judge === undefined ? '{"judge": "..."} in the first line' : '{"ask": "...", "input": {...}, "answer": ...}',
      });
    }
  }
  return { judge: judge ?? 'nobody', answers };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Appends answers to a recording, whole lines at a time, each question once. */
export class Recorder {
  #known?: Promise<Set<string>>;

  constructor(
    private readonly path: string,
    private readonly judge: string,
  ) {}

  async add({ ask, input, answer }: RecordedAnswer): Promise<void> {
    const known = await (this.#known ??= this.#open());
    const key = questionKey(ask, input);
    if (known.has(key)) return;
    known.add(key);
    await appendFile(this.path, `${JSON.stringify({ ask, input, answer })}\n`);
  }

  async #open(): Promise<Set<string>> {
    await mkdir(dirname(this.path), { recursive: true });
    try {
      const { judge, answers } = await readRecording(this.path);
      if (judge === this.judge) return new Set(answers.keys());
      if (judge !== 'nobody') {
        throw new Fault('JUDGE_FAILED', `the recording holds answers of another judge: ${judge}`, {
          where: { source: this.path },
          hint: 'name another file to record to',
        });
      }
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'ASSET_MISSING') throw error;
    }
    await appendFile(this.path, `${JSON.stringify({ judge: this.judge })}\n`);
    return new Set();
  }
}
