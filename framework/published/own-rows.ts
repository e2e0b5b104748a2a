import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../faults/index.js';

interface OwnValue {
  value: number;
  interval: [number, number] | null;
}

/** A row of the user's own, from a run or a scoring. */
export interface OwnRow {
  label: string;
  file: string;
  /** Clips or captions scored. */
  n: number;
  /** What it was scored on and by whom, as far as the file says. */
  notes: readonly string[];
  /** By score of mienlab. */
  scores: Readonly<Record<string, OwnValue>>;
}

type Json = Readonly<Record<string, unknown>>;

const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function valueOf(given: unknown): OwnValue | null {
  const { value, interval } = record(given);
  const ends = list(interval);
  if (typeof value !== 'number') return null;
  return { value, interval: typeof ends[0] === 'number' && typeof ends[1] === 'number' ? [ends[0], ends[1]] : null };
}

const known = (pairs: readonly (readonly [string, OwnValue | null])[]) =>
  Object.fromEntries(pairs.flatMap(([name, value]) => (value ? [[name, value] as const] : [])));

/** A scoring: what `mienlab score --json` prints, or the scores.json that it logs. */
function fromScoring(json: Json, file: string): OwnRow[] {
  const scores = known(Object.entries(record(json['metrics'])).map(([name, given]) => [name, valueOf(given)]));
  const judge = json['judge'];
  return [
    {
      label: typeof json['predictions'] === 'string' ? json['predictions'] : basename(file),
      file,
      n: Number(json['n'] ?? 0),
      notes: [`references: ${String(json['references'])}`, `judge: ${typeof judge === 'string' ? judge : 'none'}`],
      scores,
    },
  ];
}

/** An experiment's result.json: one row a setting. */
function fromRun(json: Json, file: string): OwnRow[] {
  const grid = record(record(json['analysis'])['main']);
  const names = list(grid['columns']).map((column) => String(record(column)['score']));
  return list(grid['rows']).map((row) => {
    const cells = list(record(row)['cells']);
    return {
      label: `${String(json['name'])}: ${String(record(row)['label'])}`,
      file,
      n: list(json['clips']).length,
      notes: list(json['notes']).filter((note): note is string => typeof note === 'string' && /dataset|judge/i.test(note)),
      scores: known(names.map((name, i) => [name, valueOf(record(cells[i])['estimate'])])),
    };
  });
}

/** Rows of a run's folder, its result.json, or a scoring's JSON. Throws Fault USAGE where the file is missing or is none of these. */
export function readOwnRows(path: string): OwnRow[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const file = isFolder ? join(path, 'result.json') : path;
  const expected = 'the folder of a finished experiment, its result.json, or what "mienlab score --json" printed';
  let json: Json;
  try {
    json = record(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const what = missing ? `there is no ${isFolder ? `result.json in ${basename(dirname(file))}` : 'such file'}` : (cause as Error).message;
    throw new Fault('USAGE', what, { where: { source: file }, expected, cause });
  }
  const rows = json['analysis'] ? fromRun(json, file) : json['metrics'] ? fromScoring(json, file) : [];
  if (rows.length === 0) throw new Fault('USAGE', 'holds no scores', { where: { source: file }, expected });
  return rows;
}
